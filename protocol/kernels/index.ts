export type { Backend, Refusal } from "./backend.ts";
export { createBackend, type BackendOptions } from "./create-backend.ts";
export { DeviceFaultError } from "./errors.ts";
export { createExecutor, type Executor, type KnownRoots, type RunInputs } from "./executor.ts";
export { MODES, type Mode } from "./gpu/device.ts";
export type { GpuClass } from "./gpu/gpu-js.ts";
