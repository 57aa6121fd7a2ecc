import * as dagCbor from "@ipld/dag-cbor";
import * as dagPb from "@ipld/dag-pb";
import { InvalidInputError } from "@orion/protocol/common";
import { CID } from "multiformats/cid";
import { DAG_CBOR, DAG_PB } from "./cid.ts";

/**
 * The links of a block in their order of appearance, repeats kept.
 * @throws InvalidInputError when the block does not decode by its codec
 */
export function linksOf(cid: CID, bytes: Uint8Array): CID[] {
  try {
    if (cid.code === DAG_PB) return dagPb.decode(bytes).Links.map((link) => link.Hash);
    if (cid.code === DAG_CBOR) return linksOfValue(dagCbor.decode(bytes));
    return [];
  } catch (cause) {
    throw new InvalidInputError(`${cid.toString()} does not decode by its codec`, { cause });
  }
}

function linksOfValue(root: unknown): CID[] {
  const links: CID[] = [];
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) continue;
    const cid = CID.asCID(value);
    if (cid !== null) links.push(cid);
    else open.push(...(Object.values(value) as unknown[]).reverse());
  }
  return links;
}

/**
 * Walks a DAG depth first, parents before children, each block once.
 * @param load fetches one block; its errors end the walk
 */
export async function* walkDag(
  root: CID,
  load: (cid: CID) => Promise<Uint8Array>,
): AsyncGenerator<{ cid: CID; bytes: Uint8Array }, void, undefined> {
  const seen = new Set<string>();
  const open = [root];
  for (let cid = open.pop(); cid !== undefined; cid = open.pop()) {
    const key = cid.toString();
    if (seen.has(key)) continue;
    seen.add(key);
    const bytes = await load(cid);
    yield { cid, bytes };
    for (const link of linksOf(cid, bytes).reverse()) open.push(link);
  }
}
