import { InvalidArgumentError } from "commander";

import {
  contractInterface,
  findJobs,
  readLogs,
  topicLists,
  type JobRecord,
  type OnBlocks,
  type UnitRecord,
} from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { Client } from "../core/client.ts";

/** A claim that was committed, as it was then, whatever became of it. */
export interface Claim {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  readonly state: "in its window" | "waiting" | "fallen" | "settled";
}

const SHORTEST_PREFIX = 6;
const KEY_LENGTH = 66;

/** The key of a claim, or its first digits. */
export function parseClaimKey(text: string): string {
  if (new RegExp(`^0x[0-9a-fA-F]{${SHORTEST_PREFIX},64}$`).test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(
    `Give a claim's key: 0x and 64 hexadecimal digits, or its first ${SHORTEST_PREFIX}; \`orion dispute list --job JOB --all\` shows them.`,
  );
}

interface Commit {
  readonly jobId: string;
  readonly unit: bigint;
  readonly key: string;
  readonly worker: string;
  readonly outputsRoot: string;
  readonly outputs: string;
  readonly windowEnd: bigint;
}

/** Which claims; all unless something is named. */
export interface ClaimsOf {
  readonly jobId?: string;
  readonly keys?: readonly string[];
}

/** The claims that were ever committed, by key, those of retired jobs included. */
export async function readClaims(client: Client, of: ClaimsOf, onBlocks?: OnBlocks): Promise<Map<string, Claim>> {
  const commits: Commit[] = [];
  const { jobId, keys } = of;
  const lists = keys === undefined ? [undefined] : topicLists(keys);
  for (const list of lists) commits.push(...(await readCommits(client, [jobId ?? null, list ?? null], onBlocks)));
  return claimsOf(client, commits);
}

async function readCommits(
  { chain }: Client,
  topics: readonly (string | string[] | null)[],
  onBlocks?: OnBlocks,
): Promise<Commit[]> {
  const abi = contractInterface("JobMarket");
  const event = abi.getEvent("ClaimCommitted");
  const { market: address } = chain.network.addresses;
  const logs = await readLogs(chain, { address, topics: [event?.topicHash ?? null, ...topics] }, onBlocks);
  return logs.flatMap((log) => {
    const args = abi.parseLog(log)?.args.toObject();
    return args === undefined ? [] : [args as Commit];
  });
}

async function claimsOf({ chain, follower }: Client, commits: readonly Commit[]): Promise<Map<string, Claim>> {
  const jobs = await findJobs(
    chain,
    await follower.sync(),
    commits.map(({ jobId }) => jobId),
  );
  const claims = new Map<string, Claim>();
  for (const { jobId, unit: index, key, worker, outputsRoot, outputs, windowEnd } of commits) {
    const job = jobs.get(jobId);
    if (job === undefined) continue;
    const unit: UnitRecord = {
      ...{ ...job.units.get(Number(index)), key, worker, outputsRoot, outputs },
      status: "committed",
      windowEnd: Number(windowEnd),
    };
    claims.set(key, { job, unit, state: stateOf(job, unit, follower.time) });
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
  const isWhole = keyOrPrefix.length === KEY_LENGTH;
  const commits = await readCommits(client, isWhole ? [null, keyOrPrefix] : []);
  const found = [
    ...(await claimsOf(
      client,
      commits.filter(({ key }) => key.startsWith(keyOrPrefix)),
    )),
  ].map(([, claim]) => claim);
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
