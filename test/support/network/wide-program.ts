import { assembleProgram, type LoadedProgram } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { encodeProgram, ProgramBuilder, tensorType, type Tensor } from "@orion/protocol/tensor";

import { Random } from "../../unit/tensor/random.ts";

/** Rows of one shard, and columns: tensors of four chunks. */
const SIDE = 64;

/** A program of so many computed nodes, each of several chunks, so that much can be demanded of one shard. */
export function wideProgram(nodes: number): LoadedProgram {
  const b = new ProgramBuilder();
  const weights = b.constant(new Random(3).tensor(tensorType("i8", [SIDE, SIDE])));
  let value = b.matmul(b.shardInput("i8", [SIDE, SIDE]), weights, { dtype: "i8", m: 3, s: 12 });
  for (let i = 1; i < nodes; i++) {
    // No two nodes, and no two of their chunks, are the same.
    const noise = b.constant(new Random(3 + i).tensor(tensorType("i8", [SIDE, SIDE])));
    value = b.add(value, noise, { dtype: "i8", s: 1 });
  }
  const built = b.build(value);
  return assembleProgram(encodeProgram(built.program), built.constants, nativeSha256);
}

/** Inputs of so many shards of it. */
export function wideInputs(shards: number, seed = 1): Tensor {
  return new Random(seed).tensor(tensorType("i8", [SIDE * shards, SIDE]));
}

/** Rows and columns of what is pooled, and of what is pooled together. */
const [POOLED, KERNEL] = [24, 16];
/** Values under all kernels of one shard. */
export const POOLED_PER_SHARD = (POOLED - KERNEL + 1) ** 2 * KERNEL ** 2;

/** A program of one pool: no multiplications, but work for every value under the kernel. */
export function poolProgram(): LoadedProgram {
  const b = new ProgramBuilder();
  const built = b.build(
    b.avgPool(b.shardInput("u8", [1, POOLED, POOLED, 1]), { kernel: [KERNEL, KERNEL], stride: [1, 1] }),
  );
  return assembleProgram(encodeProgram(built.program), built.constants, nativeSha256);
}

/** Inputs of so many shards of it. */
export function poolInputs(shards: number, seed = 1): Tensor {
  return new Random(seed).tensor(tensorType("u8", [shards, POOLED, POOLED, 1]));
}
