export type { Backend, Refusal } from "./backend.ts";
export type { Compute } from "./compute.ts";
export { memoryOf, type MemoryNeed } from "./cost/memory.ts";
export { estimateSeconds, WORK_CLASSES, type Rates, type WorkClass, type Workload } from "./cost/work-classes.ts";
export { workloadOf } from "./cost/workload.ts";
export { createBackend, type BackendOptions } from "./create-backend.ts";
export { DeviceFaultError } from "./errors.ts";
export {
  createExecutor,
  type Excerpt,
  type Executor,
  type KnownRoots,
  type RunInputs,
  type RunOptions,
  type RunTrace,
  type TracedNode,
  type TraceOptions,
} from "./executor.ts";
export type { GpuClass } from "./gpu/gpu-js.ts";
export { foldInPieces, hashTensor, type TensorHashes } from "./hash-tensor.ts";
export { MODES, type Mode } from "./modes.ts";
export { createPause, type Pause } from "./pause.ts";
