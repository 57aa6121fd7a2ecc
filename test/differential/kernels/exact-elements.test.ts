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
const M_MAX = 2 ** 31 - 1;
/** Lengths around what a register holds, and around the blocks and tiles of the WebAssembly kernels. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 255, 256, 257, 259, 300];

for (const name of BACKENDS) {
  describe(`exact elements on ${name}`, () => {
    const r = new Random(53);
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());

    const zero = (dtype: DType): number => r.pick([0, 0, dtypeMin(dtype), dtypeMax(dtype), r.value(dtype)]);
    const random = (dtype: DType, shape: readonly number[]): Tensor => r.tensor(tensorType(dtype, shape));
    /** Small numbers that meet ties: halves, quarters and what lies beside them. */
    const small = (dtype: DType, shape: readonly number[]): Tensor => {
      const tensor = random(dtype, shape);
      tensor.data.forEach((_, i) => (tensor.data[i] = Math.max(dtypeMin(dtype), r.between(-40, 40))));
      return tensor;
    };
    const some = (dtype: DType, shape: readonly number[]): Tensor => (r.chance(0.4) ? small : random)(dtype, shape);
    const multiplier = (): number => r.pick([1, 3, 5, M_MAX, 2 * r.between(0, 2 ** 30 - 1) + 1]);
    const check = async (
      inputs: readonly Tensor[],
      write: (b: ProgramBuilder, inputs: readonly Value[]) => Value,
      label: string,
    ): Promise<void> => {
      const b = new ProgramBuilder();
      const slot = (x: Tensor, i: number): Value =>
        i === 0 ? b.shardInput(x.dtype, shapeOf(x)) : b.sharedInput(x.dtype, shapeOf(x));
      const built = b.build(write(b, inputs.map(slot)));
      const [shard, ...shared] = inputs;
      await expectSame(backend, built, { constants: built.constants, shared, shard: [shard!] }, label);
    };

    it("are rescaled with any multiplier and shift, ties and what lies beside them included", async () => {
      for (let i = 0; i < runs(name === "wasm" ? 300 : 40); i++) {
        const [from, to] = [r.dtype(), r.dtype()];
        const x = some(from, [r.pick(LENGTHS)]);
        const m = multiplier();
        const s = r.pick([0, 1, 2, r.between(0, 62), r.between(28, 40)]);
        const options = { dtype: to, m, s, zpIn: zero(from), zpOut: zero(to) };
        await check([x], (b, [v]) => b.requantize(v!, options), `${from} ${JSON.stringify(options)}`);
      }
    });

    it("are added, subtracted and multiplied with any zero points and multipliers", async () => {
      for (let i = 0; i < runs(name === "wasm" ? 300 : 40); i++) {
        const [one, two, to] = [r.dtype(), r.dtype(), r.dtype()];
        const length = r.pick(LENGTHS);
        const inputs = [some(one, [length]), some(two, [length])];
        const zeros = { za: zero(one), zb: zero(two), zpOut: zero(to), dtype: to };
        const [ma, mb, s] = [multiplier(), multiplier() >> r.pick([0, 8]), r.between(0, 62)];
        const label = JSON.stringify({ one, two, ...zeros, ma, mb, s });
        const narrow = one !== "i32" && two !== "i32";
        const sums = narrow || r.chance(0.5) ? { ma, mb: mb | 1 } : { ma: 1, mb: 1 };
        const fits = narrow || (Math.abs(zeros.za) < 9 && Math.abs(zeros.zb) < 9) || sums.ma === 1;
        if (fits) {
          await check(inputs, (b, [x, y]) => b.add(x!, y!, { ...zeros, ...sums, s }), `add ${label}`);
          await check(inputs, (b, [x, y]) => b.sub(x!, y!, { ...zeros, ...sums, s }), `sub ${label}`);
        }
        const product = { ...zeros, za: one === "i32" ? 0 : zeros.za, zb: two === "i32" ? 0 : zeros.zb, m: ma, s };
        await check(inputs, (b, [x, y]) => b.mul(x!, y!, product), `mul ${label}`);
      }
    });

    it("are compared, clamped, divided, rooted and looked up", async () => {
      for (let i = 0; i < runs(name === "wasm" ? 150 : 30); i++) {
        const [dtype, other, to] = [r.dtype(), r.dtype(), r.dtype()];
        const length = r.pick(LENGTHS);
        const [x, y, z] = [some(dtype, [length]), some(dtype, [length]), some(other, [length])];
        const [lo, hi] = [r.value(dtype), r.value(dtype)].sort((a, b) => a - b) as [number, number];
        await check([x, y], (b, [v, w]) => b.max(v!, w!), `max ${dtype}`);
        await check([x, y], (b, [v, w]) => b.min(v!, w!), `min ${dtype}`);
        await check([x], (b, [v]) => b.clamp(v!, lo, hi), `clamp ${dtype} ${lo} ${hi}`);
        await check([x, z], (b, [v, w]) => b.div(v!, w!, to), `${dtype} / ${other} to ${to}`);
        await check([x], (b, [v]) => b.isqrt(v!, to), `root of ${dtype} to ${to}`);
        const table = random(to, [r.pick([1, 2, 200, 256]), 1]);
        const offset = r.pick([0, 128, -7, dtypeMin("i32"), dtypeMax("i32")]);
        await check([x], (b, [v]) => b.lookup(v!, b.constant(table), offset), `lookup ${dtype} ${to} ${offset}`);
      }
      const rows = random("i16", [300, 7]);
      const indices = some("i16", [3, 20]);
      await check([indices], (b, [v]) => b.lookup(v!, b.constant(rows), 40), "lookup of rows");
      const table = random("i16", [65_536, 1]);
      const x = random("i16", [2, 9_000]);
      await check([x], (b, [v]) => b.lookup(v!, b.constant(table), 32_768), "lookup of 65,536");
    });

    it("are reduced over runs of any length", async () => {
      for (const span of [1, 2, 15, 16, 17, 63, 100, 257, 8_193]) {
        for (const dtype of DTYPES) {
          const x = some(dtype, [r.between(1, 4), span]);
          const label = `${dtype} ${span}`;
          await check([x], (b, [v]) => b.reduceSum(v!, 1, r.dtype()), `sum ${label}`);
          await check([x], (b, [v]) => b.reduceMax(v!, 1), `max ${label}`);
          await check([x], (b, [v]) => b.argmax(v!), `argmax ${label}`);
        }
      }
      const most = random("u8", [1, 60_000]);
      most.data.fill(255);
      await check([most], (b, [v]) => b.reduceSum(v!, 1, "i32"), "the longest sum of the largest");
    });

    it("are pooled over any window", async () => {
      for (let i = 0; i < runs(name === "wasm" ? 120 : 20); i++) {
        const dtype = r.dtype();
        const kernel = [r.between(1, 4), r.between(1, 4)] as const;
        const pad = () => [r.between(0, kernel[0] - 1), r.between(0, kernel[1] - 1)] as const;
        const [first, second] = [pad(), pad()];
        const window = {
          kernel,
          stride: [r.between(1, 4), r.between(1, 4)] as const,
          pad: [...first, ...second] as [number, number, number, number],
        };
        const extents = [kernel[0] + r.between(0, 6), kernel[1] + r.between(0, 6)];
        const x = some(dtype, [r.between(1, 2), ...extents, r.pick([1, 3, 4, 7, 8, 9, 16, 17, 33])]);
        const label = JSON.stringify({ dtype, dims: x.dims, ...window });
        await check([x], (b, [v]) => b.maxPool(v!, window), `max ${label}`);
        await check([x], (b, [v]) => b.avgPool(v!, { ...window, zp: zero(dtype) }), `average ${label}`);
      }
    });
  });
}
