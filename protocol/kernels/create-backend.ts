import { ConfigurationError } from "../common/errors.ts";
import { silentLogger, type Logger } from "../common/log.ts";
import { backendOf, type Backend, type Refusal } from "./backend.ts";
import { createDevice, MODES, type Device, type Mode } from "./gpu/device.ts";
import { measureRates } from "./cost/measure-rates.ts";
import { loadGpuJs, type GpuClass } from "./gpu/gpu-js.ts";
import { measureRate, requireExact } from "./selftest/self-test.ts";

export interface BackendOptions {
  /** A mode, or `auto` (the default): the fastest that is exact here. */
  readonly mode?: Mode | "auto";
  /** The GPU class of gpu.js; that of the installed package unless given. */
  readonly gpu?: GpuClass;
  readonly log?: Logger;
}

/**
 * Tests the modes of gpu.js that this platform has for exactness, measures them and keeps the fastest. With a given mode
 * only that one is tried. Throws ConfigurationError if no mode is left.
 */
export async function createBackend(options: BackendOptions = {}): Promise<Backend> {
  const { mode = "auto", log = silentLogger } = options;
  const gpuClass = options.gpu ?? (await loadGpuJs());
  const refused: Refusal[] = [];
  let best: Backend | undefined;
  for (const candidate of mode === "auto" ? MODES : [mode]) {
    const tried = await tryMode(gpuClass, candidate);
    if ("reason" in tried) {
      refused.push(tried);
      log.debug({ ...tried }, "compute mode refused");
      continue;
    }
    log.debug({ mode: candidate, macsPerSecond: tried.macsPerSecond }, "compute mode is exact");
    const [keep, drop]: [Backend, Backend | undefined] =
      best !== undefined && best.macsPerSecond >= tried.macsPerSecond ? [best, tried] : [tried, best];
    if (drop !== undefined) {
      refused.push({ mode: drop.mode, reason: `slower: ${drop.macsPerSecond} MAC/s` });
      await drop.dispose();
    }
    best = keep;
  }
  if (best === undefined) {
    const reasons = refused.map((refusal) => `${refusal.mode}: ${refusal.reason}`).join("; ");
    throw new ConfigurationError(`no compute mode is usable here (${reasons})`, { hint: "try the mode auto" });
  }
  const rates = await measureRates(best);
  log.info({ mode: best.mode, macsPerSecond: best.macsPerSecond, rates }, "compute backend ready");
  return { ...best, rates, refused };
}

async function tryMode(gpuClass: GpuClass, mode: Mode): Promise<Backend | Refusal> {
  const missing = await whatIsMissing(gpuClass, mode);
  if (missing !== undefined) return { mode, reason: missing };
  let device: Device | undefined;
  try {
    device = createDevice(gpuClass, mode);
    const untested = backendOf(device, 0);
    await requireExact(untested);
    return backendOf(device, await measureRate(untested));
  } catch (error) {
    await device?.dispose();
    return { mode, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What the platform lacks for a mode; gpu.js itself would quietly take another one. */
async function whatIsMissing(gpuClass: GpuClass, mode: Mode): Promise<string | undefined> {
  if (mode === "webgpu" && (await gpuClass.isWebGPUAvailable?.()) !== true) return "no WebGPU adapter";
  const gl = [gpuClass.isHeadlessGLSupported, gpuClass.isWebGL2Supported, gpuClass.isWebGLSupported];
  if (mode === "gpu" && !gl.includes(true)) return "no WebGL context";
  if (mode === "webasm" && gpuClass.isWebAssemblySupported !== true) return "no WebAssembly";
  return undefined;
}
