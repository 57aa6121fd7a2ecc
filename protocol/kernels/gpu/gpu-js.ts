/** The part of gpu.js that the kernels use, so that a browser bundle or a test can pass its own class. */
export interface GpuKernel {
  (...operands: Float32Array[]): unknown;
  destroy?(): unknown;
}

export interface KernelSettings {
  readonly output: readonly number[];
  readonly precision: "single";
  readonly returnType?: "Array(4)";
  readonly loopMaxIterations: number;
  readonly immutable: boolean;
}

export interface GpuInstance {
  createKernel(source: string, settings: KernelSettings): GpuKernel;
  /** Kernels that were built; the class of each names the mode that it really runs in. */
  readonly kernels: readonly { readonly constructor: { readonly mode?: string } }[];
  destroy(): unknown;
}

export interface GpuClass {
  new (settings: { mode: string }): GpuInstance;
  readonly isHeadlessGLSupported?: boolean;
  readonly isWebGL2Supported?: boolean;
  readonly isWebGLSupported?: boolean;
  readonly isWebAssemblySupported?: boolean;
  isWebGPUAvailable?(): Promise<boolean>;
}

/** gpu.js as this platform's module resolution gives it: its sources in Node, its bundle in a browser. */
export async function loadGpuJs(): Promise<GpuClass> {
  const loaded = (await import("gpu.js")) as unknown as { GPU?: GpuClass; default?: { GPU?: GpuClass } };
  const gpuClass = loaded.GPU ?? loaded.default?.GPU;
  if (gpuClass === undefined) throw new TypeError("the gpu.js module exports no GPU class");
  return gpuClass;
}
