import { readFile, rm } from "node:fs/promises";
import path from "node:path";

import type { CheckpointFile, NetworkFile } from "@orion/protocol/chain";

import { writeWhole } from "./write-file.ts";

/** The checkpoint of a network's market in a home folder: one file for each chain, market and deployment. */
export function checkpointFile(home: string, { chainId, addresses, deployBlock }: NetworkFile): CheckpointFile {
  const name = path.join(home, "checkpoints", `market-${chainId}-${addresses.market.toLowerCase()}-${deployBlock}`);
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
