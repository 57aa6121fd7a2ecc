import { expect } from "chai";

import { chainNow, type Call, type UnitRecord } from "@orion/protocol/chain";
import { fromHex } from "@orion/protocol/common";
import {
  claimShape,
  demandPrice,
  demandTraceCall,
  depthOf,
  KnownClaim,
  ROOT,
  shardPlace,
  type Case,
} from "@orion/protocol/disputes";
import { loadOutputs } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";

import type { TestNetwork } from "./test-network.ts";
import type { TinyJob } from "./tiny-job.ts";

export function caseOf(running: TestNetwork, job: TinyJob, unit: UnitRecord): Case {
  return { chain: running.chain, terms: job.terms, unit, program: job.program.program, sha256: nativeSha256 };
}

/** What the worker of a committed claim has published: the leaves of all its shards. */
export async function openClaim(running: TestNetwork, job: TinyJob, unit: UnitRecord): Promise<KnownClaim> {
  const shape = claimShape(job.program.program, unit.to - unit.from);
  const known = new KnownClaim(shape, fromHex(unit.outputsRoot, 32), nativeSha256);
  const { leaves } = await loadOutputs(running.store, unit, job.program, { sha256: nativeSha256 });
  expect(known.learnLeaves(leaves)).to.equal(true);
  return known;
}

/** The demand for the trace of a shard of a claim whose leaves are known, at the price of this moment; `shard` is relative to the claim. */
export async function demandTraceOf(of: Case, known: KnownClaim, shard: number): Promise<Call> {
  const place = shardPlace(known.shape, shard);
  const path = known.path("outputs", place, depthOf(place) - depthOf(ROOT)) as Uint8Array[];
  const move = { type: "demandTrace", shard, leaf: known.leaf(shard) as Uint8Array, path } as const;
  return demandTraceCall(of, known.shape, move, await demandPrice(of, "compute", await chainNow(of.chain)));
}
