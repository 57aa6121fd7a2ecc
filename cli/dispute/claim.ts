import { InvalidArgumentError } from "commander";

import { readEvents, type JobRecord, type OnBlocks, type UnitRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { Client } from "../core/client.ts";

/** A claim that was committed, as it was then, whatever became of it. */
export interface Claim {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  readonly state: "in its window" | "waiting" | "fallen" | "settled";
}

const SHORTEST_PREFIX = 6;

/** The key of a claim, or its first digits. */
export function parseClaimKey(text: string): string {
  if (new RegExp(`^0x[0-9a-fA-F]{${SHORTEST_PREFIX},64}$`).test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(
    `Give a claim's key: 0x and 64 hexadecimal digits, or its first ${SHORTEST_PREFIX}; \`orion dispute list\` shows them.`,
  );
}

interface CommittedArgs {
  readonly jobId: string;
  readonly unit: bigint;
  readonly key: string;
  readonly worker: string;
  readonly claimRoot: string;
  readonly outputs: string;
  readonly windowEnd: bigint;
}

/** All claims that were ever committed, by key. */
export async function allClaims({ chain, follower }: Client, onBlocks?: OnBlocks): Promise<Map<string, Claim>> {
  const { jobs } = await follower.sync();
  const { market: address } = chain.network.addresses;
  const commits = await readEvents(chain, { contract: "JobMarket", address, name: "ClaimCommitted" }, onBlocks);
  const claims = new Map<string, Claim>();
  for (const args of commits as unknown as readonly CommittedArgs[]) {
    const job = jobs.get(args.jobId);
    if (job === undefined) continue;
    const { key, worker, claimRoot, outputs } = args;
    const unit = job.units.get(Number(args.unit));
    const then: UnitRecord = {
      ...{ ...unit, key, worker, claimRoot, outputs },
      status: "committed",
      windowEnd: Number(args.windowEnd),
    };
    claims.set(key, { job, unit: then, state: stateOf(job, then, follower.time) });
  }
  return claims;
}

function stateOf(job: JobRecord, unit: UnitRecord, now: number): Claim["state"] {
  if (job.penalties.some(({ key }) => key === unit.key)) return "fallen";
  if (job.payments.some(({ key }) => key === unit.key)) return "settled";
  return now <= unit.windowEnd ? "in its window" : "waiting";
}

/** @throws InvalidInputError when there is no such claim, or several that begin so */
export async function findClaim(client: Client, keyOrPrefix: string): Promise<Claim> {
  const claims = await allClaims(client);
  const found = [...claims].filter(([key]) => key.startsWith(keyOrPrefix)).map(([, claim]) => claim);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) {
    throw new InvalidInputError(`${found.length} claims begin with ${keyOrPrefix}`, {
      hint: "give more digits of the key",
    });
  }
  throw new InvalidInputError(`no claim ${keyOrPrefix} was ever committed`, {
    hint: "`orion dispute list --all` and `orion job status <job> --units --json` show the keys of claims",
  });
}
