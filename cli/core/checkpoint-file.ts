import { readFile, rm } from "node:fs/promises";
import path from "node:path";

import type { CheckpointFile, NetworkFile } from "@orion/protocol/chain";

import { writeWhole } from "./write-file.ts";

/**
 * What was read of a network's history, in a home folder: one file for each chain, market and deployment.
 * @param what the market's checkpoint, unless given
 */
export function checkpointFile(home: string, network: NetworkFile, what = "market"): CheckpointFile {
  const { chainId, addresses, deployBlock } = network;
  const name = path.join(home, "checkpoints", `${what}-${chainId}-${addresses.market.toLowerCase()}-${deployBlock}`);
  return {
    name,
    async read() {
      try {
        return await readFile(name, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    write: (text) => writeWhole(name, text),
    remove: () => rm(name, { force: true }),
  };
}
