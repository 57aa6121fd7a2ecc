import { expect } from "chai";
import { createExecutor, type Backend } from "@orion/protocol/kernels";
import { interpret, type BuiltProgram, type ProgramInputs, type Tensor } from "@orion/protocol/tensor";
import { backendOf, wasmBackend } from "../../../protocol/kernels/backend.ts";
import { createDevice, type Device } from "../../../protocol/kernels/gpu/device.ts";
import { flatLayout } from "../../../protocol/kernels/gpu/flat-layout.ts";
import { loadGpuJs } from "../../../protocol/kernels/gpu/gpu-js.ts";

/** Backends that run in plain Node; `flat` is the layout of the GPU modes on the CPU mode. */
export const BACKENDS = ["wasm", "webasm", "cpu", "flat"] as const;
/** Those of gpu.js, which cut contractions into dispatches. */
export const DEVICES = ["webasm", "cpu", "flat"] as const;

/** A backend that counts what its kernels compute: a test that never reached them would prove nothing. */
export interface CountingBackend extends Backend {
  /** Dispatches of a device of gpu.js, and nodes that kernels prepared. */
  readonly counted: { dispatches: number; prepared: number };
}

export async function openBackend(name: (typeof BACKENDS)[number]): Promise<CountingBackend> {
  const counted = { dispatches: 0, prepared: 0 };
  const backend = name === "wasm" ? await wasmBackend(0) : backendOf(await countingDevice(name, counted), 0);
  const kernels = backend.kernels.map((create) => () => {
    const own = create();
    const prepare: typeof own.prepare = (node, constants) => {
      const runner = own.prepare(node, constants);
      if (runner !== undefined) counted.prepared++;
      return runner;
    };
    return { prepare };
  });
  return { ...backend, kernels, counted };
}

async function countingDevice(name: (typeof DEVICES)[number], counted: { dispatches: number }): Promise<Device> {
  const gpuClass = await loadGpuJs();
  const device = name === "flat" ? createDevice(gpuClass, "cpu", flatLayout) : createDevice(gpuClass, name);
  const dispatch: typeof device.dispatch = (work) => {
    counted.dispatches++;
    return device.dispatch(work);
  };
  return { ...device, dispatch };
}

/** Runs a program on the backend and by the reference, and expects every element of every node to be equal. */
export async function expectSame(
  backend: Backend,
  built: BuiltProgram,
  inputs: ProgramInputs,
  label: string,
): Promise<void> {
  const executor = createExecutor(built.program, inputs.constants, backend);
  const seen = await executor.run(inputs);
  executor.dispose();
  const wanted = interpret(built.program, inputs);
  expect(seen.length).to.equal(wanted.length);
  for (const [node, tensor] of wanted.entries()) {
    const { op } = built.program.nodes[node]!;
    const at = tensor.data.findIndex((value, i) => value !== seen[node]?.data[i]);
    expect(at, `${label}: node ${node} ${op}: ${seen[node]?.data[at]} for ${tensor.data[at]}`).to.equal(-1);
    expect(seen[node]?.data.constructor).to.equal(tensor.data.constructor);
    expect(seen[node]?.data.length).to.equal(tensor.data.length);
    expect(seen[node]?.dims).to.deep.equal(tensor.dims);
  }
}

/** Computes outputs only, and traces: dropping what nobody reads any more, and hashing on the way, change no value. */
export async function expectSamePasses(
  backend: Backend,
  built: BuiltProgram,
  inputs: ProgramInputs,
  label: string,
): Promise<void> {
  const executor = createExecutor(built.program, inputs.constants, backend);
  const outputs = await executor.outputs(inputs);
  const traced = await executor.trace(inputs, { hold: true });
  executor.dispose();
  const wanted = interpret(built.program, inputs);
  const same = (left: Tensor | undefined, right: Tensor | undefined): boolean =>
    left?.data.length === right?.data.length && left?.data.every((value, i) => value === right?.data[i]) === true;
  for (const [index, node] of built.program.outputNodes.entries()) {
    expect(same(outputs[index], wanted[node]), `${label}: output ${index}`).to.equal(true);
    expect(same(traced.outputs[index], wanted[node]), `${label}: output ${index} of the trace`).to.equal(true);
  }
  for (const [node, tensor] of wanted.entries()) {
    expect(same(traced.values?.[node], tensor), `${label}: node ${node} of the trace`).to.equal(true);
  }
}
