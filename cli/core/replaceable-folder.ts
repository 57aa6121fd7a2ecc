import { readdir } from "node:fs/promises";

import { ConfigurationError } from "@orion/protocol/common";

/** What a write that was killed leaves beside its file. */
const DRAFT = /\.[0-9a-f]{12}\.tmp$/;

/**
 * Makes sure that a folder, if there is one, holds nothing but what an earlier call has written: what is in it is about to be removed.
 * @throws ConfigurationError that names what else is there
 */
export async function requireReplaceable(folder: string, own: readonly string[], flag: string): Promise<void> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new ConfigurationError(`${folder} can't be used as a folder: ${(cause as Error).message}`, { cause });
  });
  const foreign = entries.find((entry) => !own.includes(entry.replace(DRAFT, "")));
  if (foreign === undefined) return;
  throw new ConfigurationError(`${folder} holds something of others (${foreign}), and what is there would be removed`, {
    hint: `name a folder with ${flag} that does not exist yet`,
  });
}
