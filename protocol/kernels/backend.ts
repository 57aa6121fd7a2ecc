import { assumedRates, type Rates } from "./cost/work-classes.ts";
import type { Device, Mode } from "./gpu/device.ts";

/** Why a mode is not used. */
export interface Refusal {
  readonly mode: Mode;
  readonly reason: string;
}

/** A compute device that passed the exactness self-test. */
export interface Backend {
  /** For people and reports, e.g. `gpu.js webasm`. */
  readonly name: string;
  readonly mode: Mode;
  /** Measured at start on a small convolution. */
  readonly macsPerSecond: number;
  /** How fast it does each kind of work, measured at start; see estimateSeconds. */
  readonly rates: Rates;
  readonly refused: readonly Refusal[];
  readonly device: Device;
  dispose(): Promise<void>;
}

/** A backend over a device as it is, with whatever rates are known of it. */
export function backendOf(device: Device, macsPerSecond: number, rates: Rates = assumedRates(macsPerSecond)): Backend {
  const { mode } = device;
  return { name: `gpu.js ${mode}`, mode, macsPerSecond, rates, refused: [], device, dispose: () => device.dispose() };
}
