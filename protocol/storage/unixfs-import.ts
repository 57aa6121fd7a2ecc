import { importer } from "ipfs-unixfs-importer";
import type { ImporterOptions } from "ipfs-unixfs-importer";
import type { CID } from "multiformats/cid";

/** A block as the importer hands it over. */
export interface ImportedBlock {
  cid: CID;
  bytes: Uint8Array;
}

/**
 * The import settings of this network: unixfs-v1-2025 (IPIP-499), 1 MiB chunks, raw leaves, CIDv1, 1,024 links a
 * node. A new object each time, because the importer writes into it.
 */
export function defaultImportProfile(): ImporterOptions {
  return { profile: "unixfs-v1-2025", fileImportConcurrency: 1, blockWriteConcurrency: 4 };
}

/**
 * Cuts one file into its blocks, in memory.
 * @returns the root and all blocks, the root last
 */
export async function importFileBlocks(bytes: Uint8Array): Promise<{ root: CID; blocks: ImportedBlock[] }> {
  const blocks: ImportedBlock[] = [];
  const put = (cid: CID, block: Uint8Array): Promise<CID> => {
    blocks.push({ cid, bytes: block });
    return Promise.resolve(cid);
  };
  let root: CID | undefined;
  const sink = { put } as Parameters<typeof importer>[1];
  for await (const entry of importer([{ content: bytes }], sink, defaultImportProfile())) root = entry.cid;
  if (root === undefined) throw new Error("the UnixFS importer yielded nothing for a file");
  return { root, blocks };
}
