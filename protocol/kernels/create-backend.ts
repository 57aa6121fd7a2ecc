import { ConfigurationError } from "../common/errors.ts";
import { silentLogger, type Logger } from "../common/log.ts";
import { backendOf, wasmBackend, type Backend, type Refusal } from "./backend.ts";
import { createDevice, type Device, type GpuMode } from "./gpu/device.ts";
import { measureRates } from "./cost/measure-rates.ts";
import { loadGpuJs, type GpuClass } from "./gpu/gpu-js.ts";
import { fasterKernels } from "./faster-kernels.ts";
import { isJoined, MODES, type Mode } from "./modes.ts";
import { measureRate, requireExact } from "./selftest/self-test.ts";

export interface BackendOptions {
  /** A mode, or `auto` (the default): the fastest that is exact here. */
  readonly mode?: Mode | "auto";
  /** The GPU class of gpu.js; that of the installed package unless given. */
  readonly gpu?: GpuClass;
  readonly log?: Logger;
}

/**
 * Tests the modes that this platform has for exactness, measures them and keeps the fastest; beside a GPU the WebAssembly kernels
 * compute what they are faster at. With a given mode only that one
 * is tried. Throws ConfigurationError if no mode is left.
 */
export async function createBackend(options: BackendOptions = {}): Promise<Backend> {
  const { mode = "auto", log = silentLogger } = options;
  const refused: Refusal[] = [];
  const exact: Backend[] = [];
  for (const candidate of mode === "auto" ? MODES : [mode]) {
    const tried = await tryMode(candidate, options.gpu);
    if ("reason" in tried) {
      refused.push(tried);
      log.debug({ ...tried }, "compute mode refused");
    } else {
      exact.push(tried);
      log.debug({ mode: candidate, macsPerSecond: tried.macsPerSecond }, "compute mode is exact");
    }
  }
  const [best, ...others] = exact.toSorted((a, b) => b.macsPerSecond - a.macsPerSecond);
  if (best === undefined) {
    const reasons = refused.map((refusal) => `${refusal.mode}: ${refusal.reason}`).join("; ");
    throw new ConfigurationError(`no compute mode is usable here (${reasons})`, { hint: "try the mode auto" });
  }
  for (const other of others) {
    refused.push({ mode: other.mode, reason: `slower: ${other.macsPerSecond} MAC/s` });
    await other.dispose();
  }
  const chosen = await joined(best, others);
  const rates = await measureRates(chosen);
  log.info({ mode: best.mode, macsPerSecond: best.macsPerSecond, rates }, "compute backend ready");
  return { ...chosen, rates, refused };
}

/** A GPU together with the WebAssembly kernels, each for what it is faster at; any other backend as it is. */
async function joined(best: Backend, others: readonly Backend[]): Promise<Backend> {
  const wasm = others.find(({ mode }) => mode === "wasm");
  if (wasm === undefined || !isJoined(best.mode)) return best;
  const [one, two] = [
    { ...best, rates: await measureRates(best) },
    { ...wasm, rates: await measureRates(wasm) },
  ];
  return { ...best, kernels: [fasterKernels(one, two)] };
}

async function tryMode(mode: Mode, gpu: GpuClass | undefined): Promise<Backend | Refusal> {
  let untested: Backend | undefined;
  try {
    const made = mode === "wasm" ? await wasmBackend(0) : await gpuBackend(gpu ?? (await loadGpuJs()), mode);
    if ("reason" in made) return made;
    untested = made;
    await requireExact(untested);
    return { ...untested, macsPerSecond: await measureRate(untested) };
  } catch (error) {
    await untested?.dispose();
    return { mode, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function gpuBackend(gpuClass: GpuClass, mode: GpuMode): Promise<Backend | Refusal> {
  const missing = await whatIsMissing(gpuClass, mode);
  if (missing !== undefined) return { mode, reason: missing };
  const device: Device = createDevice(gpuClass, mode);
  return backendOf(device, 0);
}

/** What the platform lacks for a mode; gpu.js itself would quietly take another one. */
async function whatIsMissing(gpuClass: GpuClass, mode: GpuMode): Promise<string | undefined> {
  if (mode === "webgpu" && (await gpuClass.isWebGPUAvailable?.()) !== true) return "no WebGPU adapter";
  const gl = [gpuClass.isHeadlessGLSupported, gpuClass.isWebGL2Supported, gpuClass.isWebGLSupported];
  if (mode === "gpu" && !gl.includes(true)) return "no WebGL context";
  if (mode === "webasm" && gpuClass.isWebAssemblySupported !== true) return "no WebAssembly";
  return undefined;
}
