import {
  buildStepProof,
  elementCount,
  evaluateElement,
  interpret,
  type Program,
  type Proof,
  type ProgramInputs,
  type Tensor,
} from "@orion/protocol/tensor";

import { Random } from "../unit/tensor/random.ts";
import { randomProgram } from "../unit/tensor/random-program.ts";
import { makeClaim, type ClaimFixture } from "./claim-fixture.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { isComputedOp } from "./random-trace.ts";

/** One element of a computed node; the shard is absolute. */
export interface Spot {
  readonly shard: number;
  readonly node: number;
  readonly element: number;
}

/** A random valid program and a right claim of some of a job's shards over random inputs. */
export function rightClaim(seed: number, options: { length?: number; shards?: number } = {}): ClaimFixture {
  const { length = 5, shards = 2 } = options;
  const r = new Random(seed ^ 0xc1a1);
  const { program, constants } = randomProgram(seed, length);
  const slots = (kind: number): Tensor[] =>
    program.nodes.filter((node) => node.op === "input" && node.attrs[0] === kind).map((node) => r.tensor(node));
  const shared = slots(0);
  const inputs = Array.from({ length: shards }, (): ProgramInputs => ({ constants, shared, shard: slots(1) }));
  const tensors = inputs.map((of) => interpret(program, of));
  const from = r.between(0, 3);
  return makeClaim(program, tensors, { from, shards: from + shards + r.between(0, 2) });
}

/** Every element of every computed node of a claim. */
export function spotsOf({ program, facts }: ClaimFixture): Spot[] {
  const spots: Spot[] = [];
  for (let shard = facts.from; shard < facts.to; shard++) {
    for (const [node, { op, dims }] of program.nodes.entries()) {
      if (!isComputedOp(op)) continue;
      for (let element = 0; element < elementCount(dims); element++) spots.push({ shard, node, element });
    }
  }
  return spots;
}

export function stepProof({ source }: ClaimFixture, spot: Spot): Extract<Proof, { kind: "step" }> {
  return { kind: "step", proof: buildStepProof(source(spot.shard), spot, nodeSha256) };
}

/** A proof with the trace of the claim that it is about, as the judge takes them. */
export function aimed<P>(
  claim: ClaimFixture,
  shard: number,
  proof: P,
): { shard: number; shardRoot: Uint8Array; proof: P } {
  return { shard, shardRoot: claim.trace(shard).root, proof };
}

/** The values of a shard with one element replaced and, if wanted, everything computed anew that depends on it. */
export function withAlteration(
  program: Program,
  values: readonly Tensor[],
  spot: { readonly node: number; readonly element: number; readonly value: number },
  consistent: boolean,
): Tensor[] {
  const altered = values.map((value) => ({ ...value, data: value.data.slice() }));
  altered[spot.node]!.data[spot.element] = spot.value;
  if (!consistent) return altered;
  for (let node = spot.node + 1; node < altered.length; node++) {
    const { data } = altered[node]!;
    if (!isComputedOp(program.nodes[node]!.op)) continue;
    for (let element = 0; element < data.length; element++) {
      data[element] = evaluateElement(program, node, altered, element);
    }
  }
  return altered;
}
