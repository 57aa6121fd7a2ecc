import { InvalidArgumentError } from "commander";

import type { JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { Client } from "../core/client.ts";

const SHORTEST_PREFIX = 8;

/** A job id, or its first digits. */
export function parseJobId(text: string): string {
  if (/^0x[0-9a-fA-F]{6,64}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(`Give a job's id: 0x and 64 hexadecimal digits, or its first ${SHORTEST_PREFIX - 2}.`);
}

/** @throws InvalidInputError when the market has no such job, or several that begin so */
export async function findJob(client: Client, idOrPrefix: string): Promise<JobRecord> {
  const { jobs } = await client.follower.sync();
  const found =
    jobs.get(idOrPrefix) ??
    only(
      [...jobs.values()].filter(({ jobId }) => jobId.startsWith(idOrPrefix)),
      idOrPrefix,
    );
  if (found !== undefined) return found;
  throw new InvalidInputError(`the market ${client.chain.network.addresses.market} has no job ${idOrPrefix}`, {
    hint: "check the id and the network file; a job that was just posted may need a block",
  });
}

function only(matches: readonly JobRecord[], prefix: string): JobRecord | undefined {
  if (matches.length <= 1) return matches[0];
  throw new InvalidInputError(`${matches.length} jobs begin with ${prefix}`, { hint: "give more digits of the id" });
}
