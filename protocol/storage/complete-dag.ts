import { IntegrityError, UnavailableError } from "@orion/protocol/common";
import type { CID } from "multiformats/cid";
import type { CarBlock } from "./car.ts";
import { linksOf } from "./dag-links.ts";

/**
 * Passes on the blocks of a DAG and checks that they are exactly that: each one linked from the root by what came
 * before it, and none missing at the end.
 * @param from the sender, for messages
 * @throws IntegrityError for a block that does not belong, UnavailableError when blocks are missing
 */
export async function* completeDag(
  root: CID,
  blocks: AsyncIterable<CarBlock>,
  from: string,
): AsyncGenerator<CarBlock, void, undefined> {
  const missing = new Set([root.toString()]);
  const seen = new Set<string>();
  for await (const block of blocks) {
    const key = block.cid.toString();
    if (seen.has(key)) continue;
    if (!missing.delete(key)) {
      throw new IntegrityError(`the IPFS node at ${from} sent ${key}, which does not belong to ${root.toString()}`);
    }
    seen.add(key);
    for (const link of linksOf(block.cid, block.bytes)) if (!seen.has(link.toString())) missing.add(link.toString());
    yield block;
  }
  const [first] = missing;
  if (first !== undefined) {
    throw new UnavailableError(
      `the IPFS node at ${from} gave an incomplete ${root.toString()}: ${missing.size} blocks are missing, ${first} among them`,
      { hint: "fetch it from another IPFS node, or ask its publisher to store it again" },
    );
  }
}
