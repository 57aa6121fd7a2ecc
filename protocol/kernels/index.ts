export { createBackend, type Backend, type BackendOptions, type Refusal } from "./backend.ts";
export { DeviceFaultError } from "./errors.ts";
export { createExecutor, type Executor, type KnownRoots, type RunInputs } from "./executor.ts";
export { MODES, type Mode } from "./gpu/device.ts";
export type { GpuClass } from "./gpu/gpu-js.ts";
