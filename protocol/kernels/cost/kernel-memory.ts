/** Bytes that kernels take beside the tensors of a program. */
export interface KernelMemory {
  /** By node, while it is computed. */
  readonly buffers: readonly number[];
  /** As long as the program is open. */
  readonly kept: number;
  /** While weights are packed, before the first run. */
  readonly packing: number;
}
