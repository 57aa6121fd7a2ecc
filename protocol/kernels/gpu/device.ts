import { DeviceFaultError } from "../errors.ts";
import type { Mode } from "../modes.ts";
import { flatLayout } from "./flat-layout.ts";
import type { GpuClass, GpuInstance, GpuKernel } from "./gpu-js.ts";
import type { Accumulator, KernelLayout, KernelShape } from "./layout.ts";
import { quadLayout } from "./quad-layout.ts";

/** A mode of gpu.js. */
export type GpuMode = Exclude<Mode, "wasm">;

/** Kernels kept compiled per device; the oldest makes room. */
const KERNEL_LIMIT = 128;

/** One element of a result that is known beforehand and not zero. */
export interface Sentinel {
  readonly row: number;
  readonly channel: number;
  readonly value: number;
}

export interface Dispatch {
  readonly shape: KernelShape;
  readonly slab: Float32Array;
  readonly base: Float32Array;
  readonly taps: Float32Array;
  readonly weights: Float32Array;
  /** Undefined only where the whole result is zero by construction. */
  readonly sentinel: Sentinel | undefined;
  /** Rows and channels of the result that count. */
  readonly rows: number;
  readonly channels: number;
  readonly into: Accumulator;
}

/** One gpu.js instance in one mode, with its compiled kernels. */
export interface Device {
  readonly mode: GpuMode;
  readonly layout: KernelLayout;
  /** Runs one kernel and adds its result to the accumulator. Throws DeviceFaultError if the sentinel is wrong. */
  dispatch(work: Dispatch): Promise<void>;
  dispose(): Promise<void>;
}

/** Layout that was measured to be the faster one of the two for a mode. */
function layoutFor(mode: GpuMode): KernelLayout {
  return mode === "webasm" || mode === "cpu" ? quadLayout : flatLayout;
}

export function createDevice(gpuClass: GpuClass, mode: GpuMode, layout: KernelLayout = layoutFor(mode)): Device {
  const gpu = new gpuClass({ mode });
  const kernels = new Map<string, GpuKernel>();
  const kernelFor = (shape: KernelShape): GpuKernel => {
    const key = `${shape.rows}x${shape.channels}x${shape.terms}x${shape.slab}`;
    const kernel = kernels.get(key) ?? gpu.createKernel(layout.source(shape), layout.settings(shape));
    kernels.delete(key);
    kernels.set(key, kernel);
    evict(kernels);
    return kernel;
  };
  return {
    mode,
    layout,
    async dispatch(work) {
      const { shape, slab, base, taps, weights, sentinel } = work;
      const result: unknown = await kernelFor(shape)(slab, base, taps, weights);
      requireMode(gpu, mode);
      if (sentinel !== undefined) {
        const seen = layout.at(result, shape, sentinel.row, sentinel.channel);
        if (seen !== sentinel.value) {
          throw new DeviceFaultError(`the ${mode} device returned ${seen} where ${sentinel.value} was certain`, {
            hint: "the device was reset or is out of memory; close other programs that use it, or choose another mode",
          });
        }
      }
      layout.accumulate(result, shape, work.rows, work.channels, work.into);
    },
    async dispose() {
      kernels.clear();
      await gpu.destroy();
    },
  };
}

function evict(kernels: Map<string, GpuKernel>): void {
  for (const [key, kernel] of kernels) {
    if (kernels.size <= KERNEL_LIMIT) return;
    kernels.delete(key);
    kernel.destroy?.();
  }
}

/** gpu.js falls back to another mode without a word; what was tested and measured must be what runs. */
function requireMode(gpu: GpuInstance, mode: GpuMode): void {
  const actual = gpu.kernels.at(-1)?.constructor.mode;
  if (actual === undefined) return;
  const slower = actual === "cpu" || actual === "webasm";
  if (mode === "gpu" ? slower : actual !== mode) {
    throw new DeviceFaultError(`gpu.js runs in mode ${actual} although ${mode} was asked for`);
  }
}
