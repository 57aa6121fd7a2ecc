import { expect } from "chai";
import { createExecutor } from "@orion/protocol/kernels";
import {
  ProgramBuilder,
  interpret,
  shapeOf,
  tensorType,
  type BuiltProgram,
  type DType,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";
import { wasmKernels } from "../../../protocol/kernels/wasm/kernels.ts";
import { runs } from "../../fuzz/tensor/runs.ts";
import { Random } from "../../unit/tensor/random.ts";
import { expectSame, openBackend, type CountingBackend } from "./compare.ts";

/** Contractions that the WebAssembly kernels compute in several tiles or chunks of channels, or with weights of the run. */
describe("WebAssembly contractions in tiles", () => {
  const r = new Random(47);
  const random = (dtype: DType, shape: readonly number[]): Tensor => r.tensor(tensorType(dtype, shape));
  const options = { dtype: "i8", m: 2 ** 31 - 1, s: 40 } as const;
  let backend: CountingBackend;
  before(async () => (backend = await openBackend("wasm")));
  after(() => backend.dispose());

  const build = (
    inputs: readonly Tensor[],
    write: (b: ProgramBuilder, inputs: readonly Value[]) => Value,
  ): BuiltProgram => {
    const b = new ProgramBuilder();
    const slot = (x: Tensor, i: number): Value =>
      i === 0 ? b.shardInput(x.dtype, shapeOf(x)) : b.sharedInput(x.dtype, shapeOf(x));
    return b.build(write(b, inputs.map(slot)));
  };
  const check = async (inputs: readonly Tensor[], write: Parameters<typeof build>[1], label: string): Promise<void> => {
    const built = build(inputs, write);
    const [shard, ...shared] = inputs;
    await expectSame(backend, built, { constants: built.constants, shared, shard: [shard!] }, label);
  };
  const matmul = (x: readonly number[], w: readonly number[]): Promise<void> =>
    check([random("i8", x)], (b, [v]) => b.matmul(v!, b.constant(random("i8", w)), options), `matmul ${w.join()}`);

  it("cut rows, channels and long sums", async () => {
    await matmul([20_011, 3], [5, 3]);
    await matmul([70, 5], [601, 5]);
    await matmul([3, 9001], [5, 9001]);
    await matmul([9, 30_001], [2, 30_001]);
  }).timeout(60_000);

  it("cut images, lines, and columns of lines that are too long", async () => {
    for (const [x, w, groups] of [
      [[19, 32, 31, 1], [2, 3, 3, 1], 1],
      [[3, 190, 181, 1], [1, 3, 3, 1], 1],
      [[1, 4, 9_000, 3], [2, 3, 3, 3], 1],
      [[1, 3, 2_500, 40], [40, 3, 3, 1], 40],
      [[1, 3, 700, 40], [80, 2, 3, 4], 10],
    ] as const) {
      const weights = random("i8", w);
      const padded = { ...options, pad: [1, 1, 1, 1], stride: [1, 2], groups } as const;
      await check([random("u8", x)], (b, [v]) => b.conv2d(v!, b.constant(weights), { ...padded, zpX: 7 }), x.join());
    }
  }).timeout(60_000);

  it("take more groups than a chunk of channels holds", async () => {
    const weights = random("i8", [300, 1, 2, 3]);
    const x = random("i8", [1, 3, 5, 90]);
    await check([x], (b, [v]) => b.conv2d(v!, b.constant(weights), { ...options, groups: 30 }), "30 groups of 10");
    const narrow = random("i8", [600, 2, 1, 2]);
    const y = random("i8", [1, 3, 5, 400]);
    await check([y], (b, [v]) => b.conv2d(v!, b.constant(narrow), { ...options, groups: 200 }), "200 groups of 3");
  });

  it("take weights that are computed, one matrix or one per batch, of any type", async () => {
    for (let i = 0; i < runs(40); i++) {
      const [m, n, k] = [r.between(1, 9), r.between(1, 19), r.between(1, 200)];
      const batch = r.chance(0.5) ? [r.between(1, 3), r.between(1, 3)] : [];
      const own = r.chance(0.5) ? batch : [];
      const [dx, dw] = [r.dtype(), r.pick(["i8", "u8", "i16"] as const)];
      const inputs = [random(dx, [...batch, m, k]), random(dw, [...own, n, k])];
      const some = {
        dtype: r.dtype(),
        m: r.between(1, 2 ** 31 - 1),
        s: r.between(20, 60),
        zpX: r.value(dx),
        zpW: r.value(dw),
      };
      await check(
        inputs,
        (b, [x, w]) => b.matmul(x!, w!, some),
        `batch ${batch.join()} own ${own.join()} ${m}×${n}×${k}`,
      );
    }
  });

  it("keep runs apart that compute at once, with weights of each run", async () => {
    const built = build([random("i8", [40, 300]), random("i8", [90, 300])], (b, [x, w]) =>
      b.matmul(b.matmul(x!, w!, options), b.constant(random("i8", [50, 90])), options),
    );
    const executor = createExecutor(built.program, built.constants, backend);
    const all = Array.from({ length: 6 }, () => ({
      shard: [random("i8", [40, 300])],
      shared: [random("i8", [90, 300])],
    }));
    const seen = await Promise.all(all.map((inputs) => executor.outputs(inputs)));
    for (const [i, inputs] of all.entries()) {
      expect(seen[i]).to.deep.equal([interpret(built.program, { constants: built.constants, ...inputs }).at(-1)]);
    }
    executor.dispose();
  });

  it("begin another memory where one is full", async () => {
    const full = { ...backend, kernels: [() => wasmKernels(1)] };
    const built = build([random("i8", [3, 50])], (b, [x]) =>
      b.clamp(b.matmul(b.requantize(x!, options), b.constant(random("i8", [9, 50])), options), -3, 3),
    );
    const inputs = { constants: built.constants, shared: [], shard: [random("i8", [3, 50])] };
    await expectSame(full, built, inputs, "a memory for each node");
  });
});
