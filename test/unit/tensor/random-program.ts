import {
  ProgramBuilder,
  dtypeMax,
  dtypeMin,
  shapeOf,
  tensorType,
  type BuiltProgram,
  type DType,
  type OpName,
  type ProgramInputs,
  type Value,
} from "@orion/protocol/tensor";
import { Random } from "./random.ts";

/** Appends one node of a kind to a program under construction, reading `x` where its shape allows. */
type Step = (b: ProgramBuilder, r: Random, x: Value) => Value;

const zeroPoint = (r: Random, dtype: DType): number => (r.chance(0.5) ? 0 : r.value(dtype));
const multiplier = (r: Random): number => (r.chance(0.5) ? r.between(1, 255) : r.between(1, 2 ** 31 - 1));
const shift = (r: Random): number => (r.chance(0.8) ? r.between(0, 34) : r.between(0, 62));
const narrow = (r: Random): DType => r.pick(["i8", "u8", "i16"] as const);

function constantOf(b: ProgramBuilder, r: Random, dtype: DType, shape: readonly number[]): Value {
  return b.constant(r.tensor(tensorType(dtype, shape)));
}

/** X itself, or, often, an i32 squeezed into i8 so that results do not only saturate. */
function narrowed(b: ProgramBuilder, r: Random, x: Value): Value {
  return x.dtype === "i32" && r.chance(0.7) ? b.requantize(x, { dtype: "i8", m: 1, s: r.between(0, 24) }) : x;
}

const squareOf: Step = (b, _r, x) => (x.rank === 4 ? x : b.reshape(x, x.dims));

const contraction = (r: Random, x: Value, channels: number, weights: DType) => ({
  dtype: r.dtype(),
  m: Array.from({ length: channels }, () => multiplier(r)),
  s: Array.from({ length: channels }, () => shift(r)),
  bias: Array.from({ length: channels }, () => r.value("i32")),
  zpX: zeroPoint(r, x.dtype),
  zpW: Array.from({ length: channels }, () => r.value(weights)),
  zpOut: 0,
});

const sameShapeAs = (b: ProgramBuilder, r: Random, x: Value, dtype: DType): Value =>
  constantOf(b, r, dtype, shapeOf(x));

export const STEPS: Readonly<Record<Exclude<OpName, "input" | "constant">, Step>> = {
  matmul(b, r, value) {
    const x = narrowed(b, r, value);
    const channels = r.between(1, 4);
    const batched = x.rank > 2 && r.chance(0.5);
    const shape = batched ? [...shapeOf(x).slice(0, -2), channels, x.dims[3]] : [channels, x.dims[3]];
    const w = constantOf(b, r, narrow(r), shape);
    return b.matmul(x, w, contraction(r, x, channels, w.dtype));
  },
  conv2d(b, r, value) {
    const x = squareOf(b, r, narrowed(b, r, value));
    const groups = r.pick([1, 1, x.dims[3]]);
    const channels = groups * r.between(1, 2);
    const dilation = [r.between(1, 2), r.between(1, 2)] as const;
    const fit = (axis: 0 | 1): number =>
      Math.min(r.between(1, 3), Math.floor((x.dims[axis + 1]! - 1) / dilation[axis]) + 1);
    const kernel = [fit(0), fit(1)] as const;
    const w = constantOf(b, r, narrow(r), [channels, ...kernel, x.dims[3] / groups]);
    const pad = (axis: 0 | 1): number => r.between(0, dilation[axis] * (kernel[axis] - 1));
    const window = {
      stride: [r.between(1, 2), r.between(1, 2)],
      pad: [pad(0), pad(1), pad(0), pad(1)],
      dilation,
      groups,
    } as const;
    return b.conv2d(x, w, { ...contraction(r, x, channels, w.dtype), ...window });
  },
  requantize(b, r, x) {
    const dtype = r.dtype();
    const zpIn = zeroPoint(r, x.dtype);
    return b.requantize(x, { dtype, m: multiplier(r), s: shift(r), zpIn, zpOut: zeroPoint(r, dtype) });
  },
  add: (b, r, x) => b.add(x, sameShapeAs(b, r, x, r.dtype()), { ...addOptions(r), za: slightZeroPoint(r, x) }),
  sub: (b, r, x) => b.sub(sameShapeAs(b, r, x, r.dtype()), x, { ...addOptions(r), zb: slightZeroPoint(r, x) }),
  mul(b, r, x) {
    const other = sameShapeAs(b, r, x, r.dtype());
    const dtype = r.dtype();
    return b.mul(x, other, {
      dtype,
      m: multiplier(r),
      s: shift(r),
      zb: zeroPoint(r, other.dtype) >> 1,
      zpOut: zeroPoint(r, dtype),
    });
  },
  max: (b, r, x) => b.max(x, sameShapeAs(b, r, x, x.dtype)),
  min: (b, r, x) => b.min(sameShapeAs(b, r, x, x.dtype), x),
  clamp(b, r, x) {
    const [p, q] = [r.value(x.dtype), r.value(x.dtype)];
    return b.clamp(x, Math.min(p, q), Math.max(p, q));
  },
  lookup(b, r, x) {
    const columns = x.rank < 4 && r.chance(0.4) ? r.between(2, 3) : 1;
    const table = constantOf(b, r, r.dtype(), [r.between(1, 9), columns]);
    return b.lookup(x, table, r.chance(0.8) ? r.between(-3, 3) : r.value("i32"));
  },
  div: (b, r, x) => b.div(x, sameShapeAs(b, r, x, r.dtype()), r.dtype()),
  isqrt: (b, r, x) => b.isqrt(x, r.dtype()),
  view(b, r, x) {
    const shape = shapeOf(x);
    const rank = x.rank;
    switch (r.between(0, 5)) {
      case 0:
        return b.reshape(x, rank > 1 ? [shape[0]! * shape[1]!, ...shape.slice(2)] : [1, ...shape]);
      case 1:
        return b.transpose(
          x,
          shape.map((_, axis) => (axis + 1) % rank),
        );
      case 2: {
        const backwards = r.chance(0.5);
        const size = shape.map((extent) => r.between(1, extent));
        const start = shape.map((extent, axis) => (backwards ? extent - 1 : r.between(0, extent - size[axis]!)));
        return b.slice(x, { start, size, step: shape.map(() => (backwards ? -1 : 1)) });
      }
      case 3:
        return b.broadcast(x, rank < 4 ? [2, ...shape] : shape.map((extent) => (extent === 1 ? 2 : extent)));
      case 4: {
        const axis = r.between(0, rank - 1);
        const other = shape.map((extent, at) => (at === axis ? r.between(1, 3) : extent));
        const parts = [x, constantOf(b, r, x.dtype, other)];
        return b.concat(r.chance(0.5) ? parts : parts.reverse(), axis);
      }
      default: {
        const some = (): number[] => shape.map(() => r.between(0, 1));
        return b.pad(x, some(), some(), r.value(x.dtype));
      }
    }
  },
  reduceSum: (b, r, x) => b.reduceSum(x, r.between(1, x.rank), r.dtype()),
  reduceMax: (b, r, x) => b.reduceMax(x, r.between(1, x.rank)),
  argmax: (b, r, x) => b.argmax(x, r.between(1, x.rank)),
  maxPool: (b, r, value) => pool(b, r, value, "maxPool"),
  avgPool: (b, r, value) => pool(b, r, value, "avgPool"),
};

/** A zero point that keeps i32 sums below 2^63 under every multiplier. */
const slightZeroPoint = (r: Random, x: Value): number => (x.dtype === "i32" ? 0 : zeroPoint(r, x.dtype));

function addOptions(r: Random) {
  const dtype = r.dtype();
  return { dtype, ma: multiplier(r), mb: multiplier(r), s: shift(r), zpOut: zeroPoint(r, dtype) };
}

function pool(b: ProgramBuilder, r: Random, value: Value, op: "maxPool" | "avgPool"): Value {
  const x = squareOf(b, r, value);
  const kernel = [r.between(1, Math.min(3, x.dims[1])), r.between(1, Math.min(3, x.dims[2]))] as const;
  const pad = (axis: 0 | 1): number => r.between(0, kernel[axis] - 1);
  const options = {
    kernel,
    stride: [r.between(1, 3), r.between(1, 3)],
    pad: [pad(0), pad(1), pad(0), pad(1)],
  } as const;
  return op === "maxPool" ? b.maxPool(x, options) : b.avgPool(x, { ...options, zp: zeroPoint(r, x.dtype) });
}

const MAX_ELEMENTS = 600;

/** A valid program of up to `length` random steps, each reading one of the values before it. */
export function randomProgram(seed: number, length = 6): BuiltProgram {
  const r = new Random(seed);
  const b = new ProgramBuilder();
  const rows = r.between(1, 3);
  const shape = [rows, ...Array.from({ length: r.between(0, 3) }, () => r.between(1, 4))];
  const values = [b.shardInput(r.dtype(), shape)];
  if (r.chance(0.5)) values.push(b.sharedInput(r.dtype(), shape));
  let last = values[0]!;
  const names = Object.keys(STEPS) as (keyof typeof STEPS)[];
  for (let step = 0; step < length; step++) {
    const x = r.chance(0.7) ? last : r.pick(values);
    const y = STEPS[r.pick(names)](b, r, x);
    if (shapeOf(y).reduce((product, extent) => product * extent, 1) > MAX_ELEMENTS) break;
    values.push(y);
    last = y;
  }
  const output = last === values[0] ? b.clamp(last, dtypeMin(last.dtype), dtypeMax(last.dtype)) : last;
  // Some programs have further outputs among the values before the last.
  const { nodes } = b.build(output).program;
  const computed = values.filter(({ node }) => !["input", "constant"].includes(nodes[node]!.op) && node < output.node);
  const further = new Map(computed.filter(() => r.chance(0.2)).map((value) => [value.node, value]));
  const ordered = [...further.values()].sort((x, y) => x.node - y.node).slice(-15);
  return b.build(...ordered, output);
}

/** Random tensors for every slot; constants are drawn anew, bits that no tool would write included. */
export function randomInputs({ program, constants }: BuiltProgram, seed: number): ProgramInputs {
  const r = new Random(seed);
  const slots = (kind: number) =>
    program.nodes.filter((node) => node.op === "input" && node.attrs[0] === kind).map((node) => r.tensor(node));
  const fresh = r.chance(0.5) ? constants.map((constant) => r.tensor(constant)) : constants;
  return { constants: fresh, shared: slots(0), shard: slots(1) };
}
