import { expect } from "chai";
import { ConfigurationError } from "@orion/protocol/common";
import { createBackend, createExecutor, DeviceFaultError, MODES, type GpuClass } from "@orion/protocol/kernels";
import { loadGpuJs, type GpuKernel } from "../../../protocol/kernels/gpu/gpu-js.ts";
import { createRandom, measuredConv } from "../../../protocol/kernels/selftest/programs.ts";

type Quads = Float32Array[][];

/** The real gpu.js, whose results pass through `spoil`; its calls are counted from 1. */
function spoiled(real: GpuClass, spoil: (mode: string, result: Quads, call: number) => unknown): GpuClass {
  let calls = 0;
  return class extends real {
    readonly #mode: string;

    constructor(settings: { mode: string }) {
      super(settings);
      this.#mode = settings.mode;
    }

    override createKernel(...parameters: Parameters<InstanceType<GpuClass>["createKernel"]>): GpuKernel {
      const kernel = super.createKernel(...parameters);
      return (...operands) => spoil(this.#mode, kernel(...operands) as Quads, ++calls);
    }
  };
}

const zeros = (result: Quads): Quads => result.map((row) => row.map((quad) => quad.map(() => 0)));

describe("choice of a compute mode", () => {
  let real: GpuClass;
  before(async () => (real = await loadGpuJs()));

  it("takes the fastest exact mode and says why the others were not taken", async () => {
    const backend = await createBackend();
    expect(backend.macsPerSecond).to.be.greaterThan(0);
    expect(backend.mode).to.equal("wasm");
    expect(backend.name).to.equal("wasm");
    expect(backend.refused.map(({ mode }) => mode)).to.have.members(MODES.filter((mode) => mode !== "wasm"));
    expect(backend.refused.find(({ mode }) => mode === "webgpu")?.reason).to.equal("no WebGPU adapter");
    await backend.dispose();
  });

  it("refuses a mode that is off by one in one element, and takes another", async () => {
    const gpu = spoiled(real, (mode, result) => {
      if (mode === "webasm") (result[0]![1]![2] as number)++;
      return result;
    });
    const backend = await createBackend({ gpu });
    expect(backend.mode).to.equal("wasm");
    const refusal = backend.refused.find(({ mode }) => mode === "webasm");
    expect(refusal?.reason).to.match(/^matmul of extremes: element \d+ is -?\d+ instead of -?\d+$/);
    await backend.dispose();
  });

  it("refuses a mode that rounds its sums to fewer bits", async () => {
    const gpu = spoiled(real, (_, result) =>
      result.map((row) => row.map((quad) => quad.map((x) => Math.round(x / 2) * 2))),
    );
    for (const mode of ["webasm", "cpu"] as const) {
      const failure: unknown = await createBackend({ gpu, mode }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ConfigurationError);
      expect((failure as Error).message).to.match(new RegExp(`${mode}: matmul of extremes: element \\d+ is`));
    }
    const backend = await createBackend({ gpu });
    expect(backend.mode).to.equal("wasm");
    await backend.dispose();
  });

  it("refuses a mode that returns zeros, by its sentinel", async () => {
    const gpu = spoiled(real, (mode, result) => (mode === "webasm" ? zeros(result) : result));
    const backend = await createBackend({ gpu });
    const refusal = backend.refused.find(({ mode }) => mode === "webasm");
    expect(refusal?.reason).to.match(/returned 0 where -?\d+ was certain/);
    await backend.dispose();
  });

  it("refuses a mode that gpu.js replaced by another", async () => {
    const other = class extends real {
      constructor() {
        super({ mode: "cpu" });
      }
    } as GpuClass;
    const backend = await createBackend({ gpu: other });
    expect(backend.refused.find(({ mode }) => mode === "webasm")?.reason).to.contain("runs in mode cpu");
    await backend.dispose();
  });

  it("fails with a hint when the wanted mode is not there", async () => {
    let failure: unknown;
    await createBackend({ mode: "gpu" }).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(ConfigurationError);
    expect((failure as ConfigurationError).message).to.contain("no WebGL context");
    expect((failure as ConfigurationError).hint).to.equal("try the mode auto");
  });

  it("notices a device that is lost after the self-test, and works again when it is back", async () => {
    let lost = false;
    const gpu = spoiled(real, (_, result) => (lost ? zeros(result) : result));
    const backend = await createBackend({ gpu, mode: "webasm" });
    const { program, constants, inputs } = measuredConv(createRandom(5));
    const executor = createExecutor(program, constants, backend);
    const healthy = await executor.run({ shared: [], shard: inputs });
    lost = true;
    let failure: unknown;
    await executor.run({ shared: [], shard: inputs }).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(DeviceFaultError);
    expect((failure as DeviceFaultError).retryable).to.equal(true);
    lost = false;
    expect(await executor.run({ shared: [], shard: inputs })).to.deep.equal(healthy);
    await backend.dispose();
  });
});
