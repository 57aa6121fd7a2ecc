import { expect } from "chai";
import { createExecutor } from "@orion/protocol/kernels";
import {
  ProgramBuilder,
  interpret,
  shapeOf,
  tensorType,
  type DType,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";
import { runs } from "../../fuzz/tensor/runs.ts";
import { Random } from "../../unit/tensor/random.ts";
import { BACKENDS, expectSamePasses, openBackend, type CountingBackend } from "./compare.ts";

for (const name of BACKENDS) {
  describe(`a node and the clamp or lookup after it on ${name}`, () => {
    const r = new Random(71);
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());
    const random = (dtype: DType, shape: readonly number[]): Tensor => r.tensor(tensorType(dtype, shape));

    const follow = (b: ProgramBuilder, x: Value): Value => {
      if (r.chance(0.5)) return b.clamp(x, x.dtype === "u8" ? 3 : -9, 99);
      const dtype = x.dtype === "i8" || x.dtype === "u8" ? r.pick(["i8", "u8"] as const) : r.dtype();
      return b.lookup(x, b.constant(random(dtype, [r.pick([2, 256]), 1])), r.between(-3, 200));
    };
    const program = () => {
      const [dx, dw, dtype] = [r.dtype(), r.pick(["i8", "u8", "i16"] as const), r.dtype()];
      const options = { dtype, m: r.between(1, 2 ** 31 - 1), s: r.between(20, 50), zpX: r.value(dx), zpW: r.value(dw) };
      const x = random(dx, [1, 5, r.between(3, 300), 4]);
      const b = new ProgramBuilder();
      const [image, shared] = [b.shardInput(dx, shapeOf(x)), random(dw, [1, 1, 7, 4])];
      const w = b.sharedInput(dw, shapeOf(shared));
      const groups = r.pick([1, 4]);
      const kernels: readonly (() => Value)[] = [
        () => b.conv2d(image, b.constant(random(dw, [8, 2, 3, 4 / groups])), { ...options, groups, stride: [1, 2] }),
        () => b.matmul(image, w, options),
        () => b.requantize(image, { dtype, m: options.m, s: options.s }),
        () => b.add(image, image, { dtype, ma: 3, mb: 5, s: 2 }),
        () => b.maxPool(image, { kernel: [2, 2], stride: [1, 1] }),
      ];
      const first = follow(b, r.pick(kernels)());
      // A second pair that reads the first.
      const second = follow(b, b.requantize(first, { dtype, m: 3, s: 2 }));
      const built = b.build(...(r.chance(0.5) ? [first, second] : [second]));
      return { built, inputs: { constants: built.constants, shared: [shared], shard: [x] } };
    };

    it("give the same together as one after the other", async () => {
      for (let i = 0; i < runs(name === "wasm" ? 120 : 15); i++) {
        const { built, inputs } = program();
        await expectSamePasses(backend, built, inputs, `program ${i}`);
      }
    });

    it("are one kernel for the outputs, and two where every node is traced", async () => {
      if (name !== "wasm") return;
      const b = new ProgramBuilder();
      const x = random("i8", [3, 40]);
      const product = b.matmul(b.shardInput("i8", [3, 40]), b.constant(random("i8", [9, 40])), {
        dtype: "i8",
        m: 1,
        s: 7,
      });
      const built = b.build(b.clamp(product, 0, 9));
      let singles = 0;
      const counted = backend.kernels.map((create) => () => {
        const own = create();
        const prepare: typeof own.prepare = (node, constants) => {
          const runner = own.prepare(node, constants);
          return (
            runner && {
              ...runner,
              run: (...given) => {
                singles++;
                return runner.run(...given);
              },
            }
          );
        };
        return { prepare };
      });
      const executor = createExecutor(built.program, built.constants, { ...backend, kernels: counted });
      const [output] = await executor.outputs({ shared: [], shard: [x] });
      expect(singles).to.equal(0);
      const all = interpret(built.program, { constants: built.constants, shared: [], shard: [x] });
      expect(output).to.deep.equal(all.at(-1));
      expect(await executor.run({ shared: [], shard: [x] })).to.deep.equal(all);
      expect(singles).to.equal(2);
    });
  });
}
