import {
  ProgramBuilder,
  dtypeMax,
  dtypeMin,
  shapeOf,
  tensorType,
  type DType,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";
import { runs } from "../../fuzz/tensor/runs.ts";
import { Random } from "../../unit/tensor/random.ts";
import { BACKENDS, expectSame, openBackend, type CountingBackend } from "./compare.ts";

const DTYPES = ["i8", "u8", "i16", "i32"] as const;
const NARROW = ["i8", "u8", "i16"] as const;
/** Of two operands of 32 bits the validator refuses even one product. */
const PAIRS = DTYPES.flatMap((x) => DTYPES.map((w) => [x, w] as const)).filter(([x, w]) => x !== "i32" || w !== "i32");
const M_MAX = 2 ** 31 - 1;

/** Values at which sums, differences and products overflow first. */
function extremes(dtype: DType): number[] {
  const [lo, hi] = [dtypeMin(dtype), dtypeMax(dtype)];
  return [lo, lo + 1, -1, 0, 1, hi - 1, hi].filter((value) => value >= lo && value <= hi);
}

for (const name of BACKENDS) {
  // What gpu.js leaves to plain JavaScript is slow: it gets fewer runs.
  const count = (base: number): number => runs(name === "wasm" ? base : Math.ceil(base / 5));

  describe(`exact contractions on ${name}`, () => {
    const r = new Random(31);
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());

    /** Every second tensor holds extremes only. */
    const random = (dtype: DType, shape: readonly number[]): Tensor => {
      const tensor = r.tensor(tensorType(dtype, shape));
      const style = r.between(0, 3);
      if (style < 2) return tensor;
      const some = style === 2 ? extremes(dtype) : [r.pick(extremes(dtype))];
      tensor.data.forEach((_, i) => (tensor.data[i] = r.pick(some)));
      return tensor;
    };
    const parameters = (x: DType, w: DType, channels: number, terms: number) => {
      const dtype = r.pick(DTYPES);
      // Shifts that bring sums of this size into the output's range, and any others.
      const usual = Math.round(Math.log2(terms)) + (x === "i8" || x === "u8" ? 8 : 15);
      const wide = r.chance(0.3);
      return {
        dtype,
        m: Array.from({ length: channels }, () => r.pick([1, 3, M_MAX, r.between(0, M_MAX)])),
        s: Array.from({ length: channels }, () => (wide ? r.between(0, 62) : Math.min(62, usual + r.between(0, 33)))),
        bias: Array.from({ length: channels }, () => (r.chance(0.5) ? r.value("i32") : r.between(-999, 999))),
        zpX: r.pick([0, ...extremes(x)]),
        zpW: Array.from({ length: channels }, () => (r.chance(0.5) ? 0 : r.pick(extremes(w)))),
        zpOut: r.pick([0, ...extremes(dtype)]),
      };
    };
    const check = async (x: Tensor, write: (b: ProgramBuilder, x: Value) => Value, label: string): Promise<void> => {
      const b = new ProgramBuilder();
      const built = b.build(write(b, b.shardInput(x.dtype, shapeOf(x))));
      await expectSame(backend, built, { constants: built.constants, shared: [], shard: [x] }, label);
    };

    it("multiply matrices of any types and shapes, at the extremes too", async () => {
      for (let i = 0; i < count(200); i++) {
        const [m, n, k] = [r.between(1, 9), r.between(1, 19), r.pick([1, 2, 3, r.between(1, 40), r.between(1, 300)])];
        const [dx, dw] = r.pick(PAIRS);
        const w = random(dw, [n, k]);
        const options = parameters(dx, dw, n, k);
        const label = `${dx}[${m},${k}] · ${dw}[${n},${k}] ${JSON.stringify(options)}`;
        await check(random(dx, [m, k]), (b, x) => b.matmul(x, b.constant(w), options), label);
      }
    }).timeout(60_000);

    it("keep sums whole where 32 bits would overflow, pair by pair and at any length", async () => {
      const lengths =
        name === "wasm" ? [2, 3, 255, 256, 510, 511, 512, 1023, 1024, 1025, 2048, 2050] : [2, 3, 511, 1025];
      for (const terms of lengths) {
        for (const dx of NARROW) {
          for (const dw of NARROW) {
            for (const [a, w] of [
              [dtypeMin(dx), dtypeMin(dw)],
              [dtypeMin(dx), dtypeMax(dw)],
              [dtypeMax(dx), dtypeMax(dw)],
            ] as const) {
              const x = r.tensor(tensorType(dx, [2, terms]));
              const weights = r.tensor(tensorType(dw, [3, terms]));
              x.data.fill(a);
              weights.data.fill(w);
              const options = {
                dtype: "i32",
                m: 1,
                s: dx === "i16" || dw === "i16" ? 11 : 0,
                zpW: r.pick([0, -w > 0 ? 1 : w]),
              } as const;
              const label = `${dx} ${a} · ${dw} ${w} × ${terms}`;
              await check(x, (b, v) => b.matmul(v, b.constant(weights), options), label);
            }
          }
        }
      }
    }).timeout(60_000);

    it("convolve with any types, strides, padding, dilation and groups", async () => {
      for (let i = 0; i < count(150); i++) {
        const groups = r.pick([1, 1, 2, 3, 9]);
        const depth = r.pick([1, 1, 2, r.between(1, 5)]);
        const [c, o] = [groups * depth, groups * r.pick([1, 1, 2, r.between(1, 11)])];
        const dilation = [r.between(1, 3), r.between(1, 3)] as const;
        const kernel = [r.between(1, 4), r.between(1, 4)] as const;
        const reach = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const;
        const [dx, dw] = r.pick(PAIRS);
        const x = random(dx, [r.between(1, 3), reach[0] + r.between(1, 9), reach[1] + r.between(1, 9), c]);
        const w = random(dw, [o, ...kernel, depth]);
        const pad = [r.between(0, reach[0]), r.between(0, reach[1]), r.between(0, reach[0]), r.between(0, reach[1])];
        const options = {
          ...parameters(dx, dw, o, kernel[0] * kernel[1] * depth),
          stride: [r.between(1, 4), r.between(1, 4)],
          pad: pad as [number, number, number, number],
          dilation,
          groups,
        } as const;
        const label = `${dx} ${x.dims.join("x")} * ${dw} ${w.dims.join("x")} ${JSON.stringify(options)}`;
        await check(x, (b, v) => b.conv2d(v, b.constant(w), options), label);
      }
    }).timeout(60_000);
  });
}
