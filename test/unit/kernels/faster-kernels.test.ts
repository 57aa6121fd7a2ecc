import { expect } from "chai";
import { createExecutor, type Backend } from "@orion/protocol/kernels";
import { interpret, ProgramBuilder, shapeOf, tensorType, type Tensor, type Value } from "@orion/protocol/tensor";
import { backendOf, wasmBackend } from "../../../protocol/kernels/backend.ts";
import { assumedRates } from "../../../protocol/kernels/cost/work-classes.ts";
import { fasterKernels } from "../../../protocol/kernels/faster-kernels.ts";
import { createDevice } from "../../../protocol/kernels/gpu/device.ts";
import { loadGpuJs } from "../../../protocol/kernels/gpu/gpu-js.ts";
import { Random } from "../tensor/random.ts";

describe("kernels of two backends", () => {
  const r = new Random(7);
  const random = (shape: readonly number[]): Tensor => r.tensor(tensorType("i8", shape));
  const options = { dtype: "i8", m: 1, s: 9 } as const;
  let device: Backend;
  let dispatches = 0;
  before(async () => {
    const cpu = createDevice(await loadGpuJs(), "cpu");
    const dispatch: typeof cpu.dispatch = (work) => {
      dispatches++;
      return cpu.dispatch(work);
    };
    // As a GPU is: fast at what is large, slow to begin.
    device = backendOf({ ...cpu, dispatch }, 0, { ...assumedRates(1e12), dispatches: 100 });
  });
  after(() => device.dispose());

  const dispatchesOf = async (x: Tensor, shared: readonly Tensor[], write: (b: ProgramBuilder, x: Value) => Value) => {
    const b = new ProgramBuilder();
    const { program, constants } = b.build(write(b, b.shardInput("i8", shapeOf(x))));
    const joined = { ...device, kernels: [fasterKernels(device, await wasmBackend(0, assumedRates(1e9)))] };
    const executor = createExecutor(program, constants, joined);
    const inputs = { shared, shard: [x] };
    const before = dispatches;
    const seen = await executor.outputs(inputs);
    executor.dispose();
    expect(seen).to.deep.equal([interpret(program, { constants, ...inputs }).at(-1)]);
    return dispatches - before;
  };

  it("compute each node by the one that is faster at it", async () => {
    const matmul = (size: number) =>
      dispatchesOf(random([size, size]), [], (b, x) => b.matmul(x, b.constant(random([size, size])), options));
    expect(await matmul(16), "a small one by WebAssembly").to.equal(0);
    expect(await matmul(256), "a large one by the device").to.be.greaterThan(0);
  });

  it("compute weights of the run that the device cannot take by the other", async () => {
    const w = r.tensor(tensorType("i16", [64, 4_000]));
    w.data.fill(-32_768);
    const product = (b: ProgramBuilder, x: Value): Value => b.matmul(x, b.sharedInput("i16", [64, 4_000]), options);
    expect(await dispatchesOf(random([64, 4_000]), [w], product)).to.equal(0);
  });
});
