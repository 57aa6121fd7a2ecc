import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { assertSupportedCid } from "./cid.ts";
import { DamagedBlockError } from "./errors.ts";

/** CIDv1 of a block, sha2-256. */
export async function cidOfBlock(codec: number, bytes: Uint8Array): Promise<CID> {
  return CID.createV1(codec, await sha256.digest(bytes));
}

/**
 * Re-hashes a block.
 * @param from who sent it, for the message
 * @throws DamagedBlockError when the bytes do not hash to the CID
 */
export async function verifyBlock(cid: CID, bytes: Uint8Array, from: string): Promise<void> {
  assertSupportedCid(cid);
  const { digest } = await sha256.digest(bytes);
  const expected = cid.multihash.digest;
  if (digest.every((byte, i) => byte === expected[i])) return;
  throw new DamagedBlockError(cid, bytes.byteLength, from);
}
