import { InvalidArgumentError } from "commander";

import { logRangeOf, readJob, readMarket, type JobRecord, type MarketState } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { Client } from "../core/client.ts";

const SHORTEST_PREFIX = 8;
/** So many calls for logs are not made where one job alone can be read. */
const LONG_HISTORY_PARTS = 10;

/** A job id, or its first digits. */
export function parseJobId(text: string): string {
  if (/^0x[0-9a-fA-F]{6,64}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(`Give a job's id: 0x and 64 hexadecimal digits, or its first ${SHORTEST_PREFIX - 2}.`);
}

/** @throws InvalidInputError when the market has no such job, or several that begin so */
export async function findJob(client: Client, idOrPrefix: string): Promise<JobRecord> {
  const alone = isWhole(idOrPrefix) && (await isReadAlone(client, idOrPrefix));
  const found = alone
    ? await readAlone(client, idOrPrefix)
    : await findIn(client, await client.follower.sync(), idOrPrefix);
  if (found !== undefined) return found;
  throw new InvalidInputError(`the market ${client.chain.network.addresses.market} has no job ${idOrPrefix}`, {
    hint: "check the id and the network file; a job that was just posted may need a block",
  });
}

function isWhole(idOrPrefix: string): boolean {
  return /^0x[0-9a-f]{64}$/.test(idOrPrefix);
}

/** The job in memory, or a retired one of the chain. */
async function findIn(
  { chain, follower }: Client,
  state: MarketState,
  idOrPrefix: string,
): Promise<JobRecord | undefined> {
  const job = state.jobs.get(idOrPrefix) ?? only(beginning(state, idOrPrefix), idOrPrefix);
  if (job !== undefined || state.retired.count === 0) return job;
  if (isWhole(idOrPrefix)) return readJob(chain, idOrPrefix, { number: follower.block, time: follower.time });
  // Only the whole history knows which ids begin so.
  return only(beginning(await readMarket(chain), idOrPrefix), idOrPrefix);
}

/** One job without the market. */
async function readAlone({ chain, follower, hasIndex, tell }: Client, jobId: string): Promise<JobRecord | undefined> {
  if ((await follower.open()).next <= chain.network.deployBlock && !(await hasIndex())) {
    tell(
      "one job is read without an index or a checkpoint: `orion index start` makes an index, `orion job status` reads the whole history once and keeps a checkpoint",
    );
  }
  return readJob(chain, jobId);
}

/** True where the whole market takes many calls to read and one job few, and for a job that a checkpoint does not have. */
async function isReadAlone({ chain, follower }: Client, jobId: string): Promise<boolean> {
  const { next, head } = await follower.open();
  if (head - next > LONG_HISTORY_PARTS * logRangeOf(chain)) return true;
  return next > chain.network.deployBlock && !follower.state.jobs.has(jobId);
}

function beginning({ jobs }: MarketState, prefix: string): JobRecord[] {
  return [...jobs.values()].filter(({ jobId }) => jobId.startsWith(prefix));
}

function only(matches: readonly JobRecord[], prefix: string): JobRecord | undefined {
  if (matches.length <= 1) return matches[0];
  throw new InvalidInputError(`${matches.length} jobs begin with ${prefix}`, { hint: "give more digits of the id" });
}
