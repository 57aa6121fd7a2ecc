import { assembleProgram, type LoadedProgram } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { encodeProgram, ProgramBuilder, tensor, type Tensor } from "@orion/protocol/tensor";

import { BATCH } from "./tiny-job.ts";

/** A program with one shared slot and two slots per shard: images plus images, times shared weights. */
export function sharedInputProgram(): { program: LoadedProgram; weights: Tensor } {
  const b = new ProgramBuilder();
  const weights = tensor(
    "i8",
    [3, 36],
    Int8Array.from({ length: 108 }, (_, i) => (i * 7) % 100),
  );
  const shared = b.sharedInput("i8", [3, 36]);
  const [left, right] = [b.shardInput("i8", [BATCH, 6, 6, 1]), b.shardInput("i8", [BATCH, 6, 6, 1])];
  const sum = b.reshape(b.add(left, right, { dtype: "i8", s: 1 }), [BATCH, 36]);
  const built = b.build(b.matmul(sum, shared, { dtype: "i32", m: 1, s: 0 }));
  return { program: assembleProgram(encodeProgram(built.program), built.constants, nativeSha256), weights };
}
