import { ProgramBuilder, type BuiltProgram, type Value } from "@orion/protocol/tensor";
import { Random } from "../../unit/tensor/random.ts";
import { expectSame, expectSamePasses, openBackend, type CountingBackend } from "./compare.ts";

/** Loops that are run in blocks of channels, segments of lines or slices of pixels: sizes on both sides of every border. */
for (const name of ["wasm", "cpu"] as const) {
  describe(`kernels run in slices on ${name}`, () => {
    const r = new Random(11);
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());

    const check = async (dtype: "i8" | "i32", shape: number[], write: (b: ProgramBuilder, x: Value) => Value) => {
      const b = new ProgramBuilder();
      const x = b.shardInput(dtype, shape);
      const built: BuiltProgram = b.build(write(b, x));
      const inputs = { constants: built.constants, shared: [], shard: [r.tensor(built.program.nodes[0]!)] };
      await expectSame(backend, built, inputs, `${dtype}[${shape.join(",")}]`);
      await expectSamePasses(backend, built, inputs, `${dtype}[${shape.join(",")}]`);
    };

    it("pool any number of channels", async () => {
      for (const channels of [1, 1023, 1024, 1025, 2048, 2500]) {
        const options = { kernel: [2, 3], stride: [1, 2], pad: [1, 1, 0, 2] } as const;
        for (const dtype of ["i8", "i32"] as const) {
          await check(dtype, [2, 3, 4, channels], (b, x) => b.maxPool(x, options));
          await check(dtype, [2, 3, 4, channels], (b, x) => b.avgPool(x, { ...options, zp: 3 }));
        }
      }
    });

    it("copy lines of any length, whole or in part, from one operand or two", async () => {
      for (const length of [1, 16_383, 16_384, 16_385, 40_000]) {
        await check("i8", [3, length], (b, x) => b.transpose(x, [1, 0]));
        await check("i8", [2, 2, length], (b, x) => b.transpose(x, [1, 0, 2]));
        await check("i8", [2, length], (b, x) => b.concat([x, b.clamp(x, -3, 3)], 1));
        await check("i8", [2, length], (b, x) => b.concat([x, b.clamp(x, -3, 3)], 0));
        await check("i8", [2, length], (b, x) => b.pad(x, [1, 2], [0, 3], 7));
      }
    });

    it("compute elements and pixels in the same order, however many", async () => {
      await check("i8", [1, 300_000], (b, x) => b.mul(x, x, { dtype: "i8", m: 3, s: 6 }));
      await check("i32", [1, 100_000], (b, x) => b.add(x, x, { dtype: "i32", ma: 2 ** 31 - 1, mb: 2 ** 31 - 1, s: 3 }));
      await check("i8", [2, 40, 41, 3], (b, x) => {
        const w = b.constant(r.tensor({ dtype: "i8", rank: 4, dims: [3, 3, 3, 1] }));
        return b.conv2d(x, w, { dtype: "i8", m: 1, s: 6, groups: 3, pad: [1, 1, 1, 1], stride: [2, 1] });
      });
    });
  });
}
