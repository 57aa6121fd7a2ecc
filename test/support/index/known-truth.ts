import {
  ProgramBuilder,
  buildStepProof,
  encodeProof,
  interpret,
  tensorType,
  type EncodedProof,
} from "@orion/protocol/tensor";

import { Random } from "../../unit/tensor/random.ts";
import { makeClaim, type ClaimFixture } from "../claim-fixture.ts";
import { nodeSha256 } from "../node-sha256.ts";

/** Chunks of the tensors: enough for a descent of an answer above the chunks. */
export const CHUNKS = 40;
/** The unit that is disputed: shards 2 and 3 of four. */
export const UNIT = 1;
export const FROM = 2;
export const SHARDS = 4;
/** Nodes that are computed, and so can be entered. */
export const COMPUTED = { roots: 1, output: 3 } as const;
/** The altered value of a lying claim: of its second shard's output. */
export const LIE = { shard: 1, node: COMPUTED.output, element: 5_000 } as const;

/** What everybody can compute of one small program: the right claim, a wrong one and what is wrong with it. */
export interface Truth {
  readonly honest: ClaimFixture;
  readonly lying: ClaimFixture;
  readonly proof: EncodedProof;
}

export function truth(): Truth {
  const b = new ProgramBuilder();
  const roots = b.isqrt(b.shardInput("u8", [CHUNKS, 1024]), "i8");
  const { program, constants } = b.build(
    b.max(roots, b.constant(new Random(7).tensor(tensorType("i8", [CHUNKS, 1024])))),
  );
  const tensors = [1, 2].map((seed) => {
    const input = new Random(seed).tensor(tensorType("u8", [CHUNKS, 1024]));
    return interpret(program, { constants, shared: [], shard: [input] });
  });
  const range = { from: FROM, shards: SHARDS };
  const honest = makeClaim(program, tensors, range);
  const lying = makeClaim(program, tensors, {
    ...range,
    alter: (shard, node, bytes) =>
      shard === LIE.shard && node === LIE.node ? bytes.map((v, i) => (i === LIE.element ? v ^ 1 : v)) : bytes,
  });
  const proof = buildStepProof(lying.source(FROM + LIE.shard), LIE, nodeSha256);
  return { honest, lying, proof: encodeProof({ kind: "step", proof }) };
}
