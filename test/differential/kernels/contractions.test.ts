import { expect } from "chai";
import {
  ProgramBuilder,
  dtypeMax,
  dtypeMin,
  shapeOf,
  tensorType,
  type BuiltProgram,
  type DType,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";
import { runs } from "../../fuzz/tensor/runs.ts";
import { Random } from "../../unit/tensor/random.ts";
import { DEVICES, expectSame, openBackend, type CountingBackend } from "./compare.ts";

type Write = (builder: ProgramBuilder, inputs: readonly Value[]) => Value;

/** The first input is the shard's, the others are shared. */
function build(inputs: readonly Tensor[], write: Write): BuiltProgram {
  const b = new ProgramBuilder();
  const slot = (x: Tensor, i: number): Value =>
    i === 0 ? b.shardInput(x.dtype, shapeOf(x)) : b.sharedInput(x.dtype, shapeOf(x));
  return b.build(write(b, inputs.map(slot)));
}

const raw = { dtype: "i32", m: 1, s: 0 } as const;
const BYTES = ["i8", "u8"] as const;

function filled(dtype: DType, shape: readonly number[], value: number): Tensor {
  const r = new Random(0).tensor(tensorType(dtype, shape));
  r.data.fill(value);
  return r;
}

for (const name of DEVICES) {
  describe(`contractions on ${name}`, () => {
    const r = new Random(2);
    const random = (dtype: DType, shape: readonly number[]): Tensor => r.tensor(tensorType(dtype, shape));
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());

    /** Gives the number of dispatches that the program took. */
    const check = async (inputs: readonly Tensor[], write: Write, label: string): Promise<number> => {
      const built = build(inputs, write);
      const before = backend.counted.dispatches;
      const [shard, ...shared] = inputs;
      await expectSame(backend, built, { constants: built.constants, shared, shard: [shard!] }, label);
      return backend.counted.dispatches - before;
    };

    it("split sums exactly where floats would no longer hold them", async () => {
      const dispatches = (terms: number, x: number, w: number): Promise<number> => {
        const weights = filled("i8", [3, terms], w);
        return check([filled("i8", [2, terms], x)], (b, [v]) => b.matmul(v!, b.constant(weights), raw), `${terms}`);
      };
      expect(await dispatches(1024, -128, -128)).to.equal(1);
      expect(await dispatches(1025, -128, -128)).to.equal(2);
      expect(await dispatches(2049, -128, -128)).to.equal(3);
      expect(await dispatches(2049, -128, 1), "small weights need no split").to.equal(1);
    });

    it("hold at the extremes of both operands, at every length around a split", async () => {
      for (const [a, w] of [
        ["i8", "i8"],
        ["u8", "u8"],
        ["i8", "u8"],
        ["u8", "i8"],
      ] as const) {
        for (const terms of [1, 31, 257, 258, 259, 1023, 1024, 1025, 2049]) {
          for (const [x, y] of [
            [dtypeMin(a), dtypeMin(w)],
            [dtypeMax(a), dtypeMin(w)],
            [dtypeMax(a), dtypeMax(w)],
          ] as const) {
            const options = {
              ...raw,
              zpX: r.pick([0, dtypeMin(a), dtypeMax(a)]),
              zpW: r.pick([0, dtypeMin(w), dtypeMax(w)]),
            };
            const weights = filled(w, [3, terms], y);
            const label = `${a} ${x} · ${w} ${y} × ${terms}`;
            await check([filled(a, [2, terms], x)], (b, [v]) => b.matmul(v!, b.constant(weights), options), label);
          }
        }
      }
    }).timeout(60_000);

    it("take weights that are computed, one matrix or one per batch", async () => {
      for (let i = 0; i < runs(12); i++) {
        const [m, n, k] = [r.between(1, 9), r.between(1, 9), r.between(1, 700)];
        const batch = r.chance(0.5) ? [r.between(1, 3), r.between(1, 3)] : [];
        const own = r.chance(0.5) ? batch : [];
        const inputs = [random(r.pick(BYTES), [...batch, m, k]), random(r.pick(BYTES), [...own, n, k])];
        const options = { dtype: r.dtype(), m: r.between(1, 2 ** 31 - 1), s: r.between(0, 40), bias: r.value("i32") };
        const label = `batch ${batch.join()} own ${own.join()} ${m}×${n}×${k}`;
        expect(await check(inputs, (b, [x, w]) => b.matmul(x!, w!, options), label), label).to.be.greaterThan(0);
      }
    }).timeout(60_000);

    it("convolve with any stride, padding, dilation and grouping", async () => {
      for (let i = 0; i < runs(40); i++) {
        const groups = r.pick([1, 1, 2, 3]);
        const c = groups * r.between(1, 4);
        const o = groups * r.between(1, 6);
        const dilation = [r.between(1, 3), r.between(1, 3)] as const;
        const kernel = [r.between(1, 4), r.between(1, 4)] as const;
        const reach = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const;
        const x = random(r.pick(BYTES), [r.between(1, 3), reach[0] + r.between(1, 9), reach[1] + r.between(1, 9), c]);
        const w = random(r.pick(BYTES), [o, ...kernel, c / groups]);
        const options = {
          dtype: r.dtype(),
          m: Array.from({ length: o }, () => r.between(0, 2 ** 31 - 1)),
          s: Array.from({ length: o }, () => r.between(0, 50)),
          bias: Array.from({ length: o }, () => r.value("i32")),
          zpX: r.value(x.dtype),
          zpW: Array.from({ length: o }, () => r.value(w.dtype)),
          stride: [r.between(1, 5), r.between(1, 5)],
          pad: [r.between(0, reach[0]), r.between(0, reach[1]), r.between(0, reach[0]), r.between(0, reach[1])],
          dilation,
          groups,
        } as const;
        const label = JSON.stringify({ x: x.dims, ...options });
        const dispatches = await check([x], (b, [v]) => b.conv2d(v!, b.constant(w), options), label);
        expect(dispatches > 0, label).to.equal(groups === 1 || o / groups >= 4);
      }
    }).timeout(60_000);

    it("cut what is too large for one dispatch", async () => {
      const options = { ...raw, pad: [1, 1, 1, 1] } as const;
      const conv = (x: readonly number[], w: readonly number[]): Promise<number> =>
        check(
          [random("i8", x)],
          (b, [v]) => b.conv2d(v!, b.constant(random("i8", w)), options),
          `conv ${x.join()} ${w.join()}`,
        );
      const matmul = (x: readonly number[], w: readonly number[]): Promise<number> =>
        check(
          [random("i8", x)],
          (b, [v]) => b.matmul(v!, b.constant(random("i8", w)), raw),
          `matmul ${x.join()} ${w.join()}`,
        );
      expect(await conv([19, 32, 31, 1], [2, 3, 3, 1]), "images").to.equal(2);
      expect(await conv([2, 190, 181, 1], [1, 3, 3, 1]), "bands of two images").to.equal(6);
      expect(await matmul([20_011, 3], [5, 3]), "rows").to.equal(2);
      expect(await matmul([3, 5], [601, 5]), "channels").to.equal(3);
      const ones = filled("i8", [5, 9001], 1);
      const long = [random("i8", [3, 9001])];
      expect(await check(long, (b, [v]) => b.matmul(v!, b.constant(ones), raw), "terms"), "terms").to.equal(2);
    }).timeout(60_000);

    it("leave wide operands to the reference rule", async () => {
      for (const [a, w] of [
        ["i16", "i8"],
        ["i16", "i16"],
        ["i32", "i8"],
        ["i8", "i32"],
      ] as const) {
        const weights = random(w, [4, 40]);
        const label = `${a} · ${w}`;
        const dispatches = await check([random(a, [3, 40])], (b, [v]) => b.matmul(v!, b.constant(weights), raw), label);
        expect(dispatches, label).to.equal(0);
      }
      const zeros = filled("i16", [4, 40], 0);
      await check([random("i16", [3, 40])], (b, [v]) => b.matmul(v!, b.constant(zeros), raw), "zero weights");
    });
  });
}
