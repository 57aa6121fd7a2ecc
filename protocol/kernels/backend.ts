import { assumedRates, type Rates } from "./cost/work-classes.ts";
import type { Device } from "./gpu/device.ts";
import { gpuKernels } from "./gpu/kernels.ts";
import type { KernelSet } from "./kernel-set.ts";
import type { Mode } from "./modes.ts";
import { wasmKernels } from "./wasm/kernels.ts";
import { loadKernelModule } from "./wasm/module.ts";

/** Why a mode is not used. */
export interface Refusal {
  readonly mode: Mode;
  readonly reason: string;
}

/** Kernels that passed the exactness self-test. */
export interface Backend {
  /** For people and reports, e.g. `gpu.js webasm`. */
  readonly name: string;
  /** The mode of the large contractions. */
  readonly mode: Mode;
  /** Measured at start on a small convolution. */
  readonly macsPerSecond: number;
  /** How fast it does each kind of work, measured at start; see estimateSeconds. */
  readonly rates: Rates;
  readonly refused: readonly Refusal[];
  /** A node is computed by the first of these that takes it, or else by plain JavaScript. */
  readonly kernels: readonly KernelSet[];
  dispose(): Promise<void>;
}

/** A backend of a device of gpu.js as it is, with whatever rates are known of it. */
export function backendOf(device: Device, macsPerSecond: number, rates: Rates = assumedRates(macsPerSecond)): Backend {
  const { mode } = device;
  const kernels = [() => gpuKernels(device)];
  const dispose = (): Promise<void> => device.dispose();
  return { name: `gpu.js ${mode}`, mode, macsPerSecond, rates, refused: [], kernels, dispose };
}

/** The backend of the WebAssembly kernels, with whatever rates are known of it. Rejects where the platform lacks SIMD. */
export async function wasmBackend(macsPerSecond: number, rates: Rates = assumedRates(macsPerSecond)): Promise<Backend> {
  await loadKernelModule();
  const dispose = (): Promise<void> => Promise.resolve();
  return { name: "wasm", mode: "wasm", macsPerSecond, rates, refused: [], kernels: [() => wasmKernels()], dispose };
}
