import type { ImporterOptions } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { MAX_FILE_LINKS } from "../limits.ts";
import { defaultImportProfile } from "../unixfs-import.ts";
import type { Query } from "./query.ts";
import { badRequest } from "./rpc-error.ts";

/**
 * Import settings out of the query of `add`. The default is unixfs-v1-2025; cid-version=0 asks for the older
 * unixfs-v0-2015 (256 KiB chunks, no raw leaves), which some deployment tools still expect.
 */
export function importOptions(query: Query, maxBlockBytes: number): ImporterOptions {
  const version = query.text("cid-version") ?? "1";
  if (version !== "0" && version !== "1") throw badRequest("cid-version is 0 or 1");
  const options = { ...defaultImportProfile(), wrapWithDirectory: query.flag("wrap-with-directory", false) };
  if (version === "0") {
    Object.assign(options, { profile: "unixfs-v0-2015", rawLeaves: query.flag("raw-leaves", false) });
  } else options.rawLeaves = query.flag("raw-leaves", true);
  const chunker = query.text("chunker");
  if (chunker !== undefined) options.chunker = fixedSize({ chunkSize: chunkSize(chunker, maxBlockBytes) });
  const links = query.size("max-file-links");
  if (links !== undefined) options.layout = balanced({ maxChildrenPerNode: linksPerNode(links) });
  return options;
}

function chunkSize(chunker: string, maxBlockBytes: number): number {
  const size = Number(/^size-(\d{1,9})$/.exec(chunker)?.[1] ?? Number.NaN);
  // Without raw leaves a chunk is wrapped in a few bytes more.
  if (size >= 1 && size <= maxBlockBytes - 64) return size;
  throw badRequest(`the chunker is size-N with N from 1 to ${maxBlockBytes - 64}`);
}

function linksPerNode(links: bigint): number {
  if (links >= 2n && links <= BigInt(16 * MAX_FILE_LINKS)) return Number(links);
  throw badRequest(`max-file-links is from 2 to ${16 * MAX_FILE_LINKS}`);
}
