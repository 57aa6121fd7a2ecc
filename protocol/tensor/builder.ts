import { InvalidInputError } from "../common/errors.ts";
import { parameterTable, lowestTerms, type ContractionOptions } from "./builder-contraction.ts";
import {
  broadcastPlan,
  concatPlan,
  padPlan,
  reshapePlan,
  slicePlan,
  transposePlan,
  type SliceOptions,
  type ViewPlan,
} from "./builder-views.ts";
import { FORMAT } from "./constants.ts";
import { dtypeMax, dtypeMin } from "./dtype.ts";
import { attr } from "./ops/operator.ts";
import { tensorType } from "./shape.ts";
import { toBytes } from "./tensor-bytes.ts";
import { tensorRoot } from "./tree/tensor-root.ts";
import type { DType, OpName, Operand, Program, ProgramNode, Tensor, TensorType } from "./types.ts";
import { sourceOf, validateProgram } from "./validate.ts";

/** A node under construction: its type and its index. */
export interface Value extends TensorType {
  readonly node: number;
}

export interface BuiltProgram {
  readonly program: Program;
  /** In node order of the constant nodes. */
  readonly constants: readonly Tensor[];
}

export interface Conv2dOptions extends ContractionOptions {
  readonly stride?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pad?: readonly [number, number, number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

export interface PoolOptions {
  readonly kernel: readonly [number, number];
  /** The kernel's extents unless given. */
  readonly stride?: readonly [number, number];
  readonly pad?: readonly [number, number, number, number];
}

export interface RequantizeOptions {
  readonly dtype: DType;
  readonly m: number;
  readonly s: number;
  readonly zpIn?: number;
  readonly zpOut?: number;
}

export interface AddOptions {
  readonly dtype: DType;
  readonly ma?: number;
  readonly mb?: number;
  readonly s?: number;
  readonly za?: number;
  readonly zb?: number;
  readonly zpOut?: number;
}

export interface MulOptions {
  readonly dtype: DType;
  readonly m?: number;
  readonly s?: number;
  readonly za?: number;
  readonly zb?: number;
  readonly zpOut?: number;
}

const NO_PAD = [0, 0, 0, 0] as const;

/** Both multipliers and the shift in lowest terms. */
function lowestPair(ma: number, mb: number, s: number): [number, number, number] {
  while (s > 0 && ma % 2 === 0 && mb % 2 === 0) [ma, mb, s] = [ma / 2, mb / 2, s - 1];
  return [ma, mb, s];
}

/** Extent of a window's output; what it cannot be is refused when the program is built. */
function windowExtent(input: number, before: number, after: number, kernel: number, stride: number): number {
  return Math.floor((input + before + after - kernel) / stride) + 1;
}

/**
 * Writes programs: every method appends one node and gives its value. Shapes are those of the meaningful axes, e.g.
 * `[64, 28, 28, 1]`; axes count from the front, negative ones from the end. Multipliers are brought into lowest
 * terms. Impossible shapes throw InvalidInputError at once; `build` validates the whole.
 */
export class ProgramBuilder {
  readonly #nodes: ProgramNode[] = [];
  readonly #constants: Tensor[] = [];
  #sharedSlots = 0;
  #shardSlots = 0;

  /** A tensor that all shards of a job read. */
  sharedInput(dtype: DType, shape: readonly number[]): Value {
    return this.#append("input", tensorType(dtype, shape), [], [0, this.#sharedSlots++]);
  }

  /** A tensor of which every shard has its own; the first axis is the batch axis. */
  shardInput(dtype: DType, shape: readonly number[]): Value {
    return this.#append("input", tensorType(dtype, shape), [], [1, this.#shardSlots++]);
  }

  constant(tensor: Tensor): Value {
    const root = tensorRoot(toBytes(tensor));
    this.#constants.push(tensor);
    return this.#append("constant", tensor, [], [], root);
  }

  /** A[…,M,K] · B[…,N,K]ᵀ with the parameter table of `options`. */
  matmul(a: Value, b: Value, options: ContractionOptions): Value {
    const channels = b.dims[2];
    const table = this.constant(parameterTable(channels, b.dtype, options));
    const type = { dtype: options.dtype, rank: a.rank, dims: [a.dims[0], a.dims[1], a.dims[2], channels] as const };
    return this.#append("matmul", type, [a, b, table], [options.zpX ?? 0, options.zpOut ?? 0]);
  }

  /** X[N,H,W,C] with weights [O,kh,kw,C/groups]. */
  conv2d(x: Value, w: Value, options: Conv2dOptions): Value {
    const { stride = [1, 1], pad = NO_PAD, dilation = [1, 1], groups = 1 } = options;
    const channels = w.dims[0];
    const table = this.constant(parameterTable(channels, w.dtype, options));
    const kernel = [dilation[0] * (w.dims[1] - 1) + 1, dilation[1] * (w.dims[2] - 1) + 1] as const;
    const height = windowExtent(x.dims[1], pad[0], pad[2], kernel[0], stride[0]);
    const width = windowExtent(x.dims[2], pad[1], pad[3], kernel[1], stride[1]);
    const type = tensorType(options.dtype, [x.dims[0], height, width, channels]);
    const attrs = [options.zpX ?? 0, options.zpOut ?? 0, ...stride, ...pad, ...dilation, groups];
    return this.#append("conv2d", type, [x, w, table], attrs);
  }

  requantize(x: Value, options: RequantizeOptions): Value {
    const { m, s } = lowestTerms(options.m, options.s);
    return this.#append(
      "requantize",
      { ...x, dtype: options.dtype },
      [x],
      [options.zpIn ?? 0, m, s, options.zpOut ?? 0],
    );
  }

  add(a: Value, b: Value, options: AddOptions): Value {
    return this.#addsub("add", a, b, options);
  }

  sub(a: Value, b: Value, options: AddOptions): Value {
    return this.#addsub("sub", a, b, options);
  }

  mul(a: Value, b: Value, options: MulOptions): Value {
    const { m, s } = lowestTerms(options.m ?? 1, options.s ?? 0);
    const attrs = [options.za ?? 0, options.zb ?? 0, m, s, options.zpOut ?? 0];
    return this.#append("mul", { ...a, dtype: options.dtype }, [a, b], attrs);
  }

  max(a: Value, b: Value): Value {
    return this.#append("max", a, [a, b], []);
  }

  min(a: Value, b: Value): Value {
    return this.#append("min", a, [a, b], []);
  }

  clamp(x: Value, lo: number, hi: number): Value {
    return this.#append("clamp", x, [x], [lo, hi]);
  }

  /** relu of a quantised tensor: nothing below its zero point. */
  relu(x: Value, zeroPoint = 0): Value {
    return this.clamp(x, Math.max(zeroPoint, dtypeMin(x.dtype)), dtypeMax(x.dtype));
  }

  /** table[clamp(X + offset, 0, n−1)] for a table [n,D]; D > 1 adds a last axis. */
  lookup(x: Value, table: Value, offset = 0): Value {
    const columns = table.dims[3];
    const shape = columns === 1 ? x : { rank: x.rank + 1, dims: [x.dims[1], x.dims[2], x.dims[3], columns] as const };
    return this.#append("lookup", { dtype: table.dtype, rank: shape.rank, dims: shape.dims }, [x, table], [offset]);
  }

  div(a: Value, b: Value, dtype: DType): Value {
    return this.#append("div", { ...a, dtype }, [a, b], []);
  }

  isqrt(x: Value, dtype: DType): Value {
    return this.#append("isqrt", { ...x, dtype }, [x], []);
  }

  reduceSum(x: Value, axes: number, dtype: DType): Value {
    return this.#reduce("reduceSum", x, axes, dtype);
  }

  reduceMax(x: Value, axes: number): Value {
    return this.#reduce("reduceMax", x, axes, x.dtype);
  }

  /** Lowest index of the maximum over the last `axes` axes, i32, those axes kept with extent 1. */
  argmax(x: Value, axes = 1): Value {
    return this.#reduce("argmax", x, axes, "i32");
  }

  maxPool(x: Value, options: PoolOptions): Value {
    return this.#pool("maxPool", x, options, []);
  }

  avgPool(x: Value, options: PoolOptions & { readonly zp?: number }): Value {
    return this.#pool("avgPool", x, options, [options.zp ?? 0]);
  }

  /** One extent may be −1. */
  reshape(x: Value, shape: readonly number[]): Value {
    return this.#view(reshapePlan(x, shape), x);
  }

  /** Output axis i is axis permutation[i] of X. */
  transpose(x: Value, permutation: readonly number[]): Value {
    return this.#view(transposePlan(x, permutation), x);
  }

  slice(x: Value, options: SliceOptions): Value {
    return this.#view(slicePlan(x, options), x);
  }

  broadcast(x: Value, shape: readonly number[]): Value {
    return this.#view(broadcastPlan(x, shape), x);
  }

  /** Two or more values behind one another on an axis. */
  concat(values: readonly Value[], axis: number): Value {
    const [first, ...rest] = values;
    if (first === undefined) throw new InvalidInputError("there is nothing to join");
    return rest.reduce((joined, next) => this.#view(concatPlan(joined, next, axis), joined, next), first);
  }

  pad(x: Value, before: readonly number[], after: readonly number[], value = 0): Value {
    return this.#view(padPlan(x, before, after, value), x);
  }

  /** A view by its attributes a0…a20, for index maps that the named views do not cover. */
  view(type: TensorType, attrs: readonly number[], ...operands: readonly Value[]): Value {
    return this.#append("view", type, operands, attrs);
  }

  /** The validated program with these outputs (1 to 16, in the order in which they were made). Throws ProgramError. */
  build(...outputs: readonly Value[]): BuiltProgram {
    const program: Program = {
      version: FORMAT.version,
      sharedSlots: this.#sharedSlots,
      shardSlots: this.#shardSlots,
      outputNodes: outputs.map((output) => output.node),
      nodes: [...this.#nodes],
    };
    validateProgram(program);
    return { program, constants: [...this.#constants] };
  }

  #addsub(op: "add" | "sub", a: Value, b: Value, options: AddOptions): Value {
    const { za = 0, zb = 0, zpOut = 0, dtype } = options;
    const [ma, mb, s] = lowestPair(options.ma ?? 1, options.mb ?? 1, options.s ?? 0);
    return this.#append(op, { ...a, dtype }, [a, b], [za, zb, ma, mb, s, zpOut]);
  }

  #reduce(op: "reduceSum" | "reduceMax" | "argmax", x: Value, axes: number, dtype: DType): Value {
    const keep = (axis: 0 | 1 | 2 | 3): number => (axis >= 4 - axes ? 1 : x.dims[axis]);
    return this.#append(op, { dtype, rank: x.rank, dims: [keep(0), keep(1), keep(2), keep(3)] }, [x], [axes]);
  }

  #pool(op: "maxPool" | "avgPool", x: Value, options: PoolOptions, zp: readonly number[]): Value {
    const { kernel, stride = kernel, pad = NO_PAD } = options;
    const height = windowExtent(x.dims[1], pad[0], pad[2], kernel[0], stride[0]);
    const width = windowExtent(x.dims[2], pad[1], pad[3], kernel[1], stride[1]);
    const type = tensorType(x.dtype, [x.dims[0], height, width, x.dims[3]]);
    return this.#append(op, type, [x], [...kernel, ...stride, ...pad, ...zp]);
  }

  #view(plan: ViewPlan, ...operands: readonly Value[]): Value {
    return this.#append("view", plan.type, operands, plan.attrs);
  }

  #append(
    op: OpName,
    type: TensorType,
    operands: readonly Value[],
    values: ArrayLike<number>,
    constantRoot?: Uint8Array,
  ): Value {
    const attrs = new Int32Array(FORMAT.attributeCount);
    for (let at = 0; at < values.length; at++) {
      attrs[at] = values[at]!;
      if (attrs[at] !== values[at]) throw new InvalidInputError(`${op}: ${values[at]} is not an i32`);
    }
    const { dtype, rank, dims } = type;
    const read = operands.map((value) => this.#operand(value));
    this.#nodes.push({ op, dtype, rank, dims, operands: read, attrs, constantRoot });
    return { dtype, rank, dims, node: this.#nodes.length - 1 };
  }

  #operand(value: Value): Operand {
    const node = this.#nodes[value.node];
    if (node === undefined) throw new InvalidInputError(`value ${value.node} belongs to another builder`);
    const { dtype, rank, dims, constantRoot: root } = node;
    const slot = node.op === "input" ? attr(node, 1) : 0;
    return { source: sourceOf(node), dtype, rank, dims, node: value.node, slot, root };
  }
}
