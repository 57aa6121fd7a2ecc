/** The kernels for Node: everything of the browser-safe face, and native hashing. */
export * from "./index.ts";
export { nativeSha256 } from "./hash-node.ts";
export {
  ComputeProcessError,
  createComputeProcess,
  type ComputeProcess,
  type ComputeProcessOptions,
} from "./process/compute-process-node.ts";
