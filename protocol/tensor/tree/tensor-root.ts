import { InvalidInputError } from "../../common/errors.ts";
import { FORMAT } from "../constants.ts";
import { foldRoot } from "./merkle-root.ts";
import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Leaves of a tensor of `byteLength` bytes. Throws InvalidInputError for an empty tensor or one above the format's limit. */
export function chunkCount(byteLength: number): number {
  const count = Math.ceil(byteLength / FORMAT.leafBytes);
  if (!Number.isSafeInteger(byteLength) || count < 1 || count > FORMAT.maxLeaves) {
    throw new InvalidInputError(`a tensor of ${byteLength} bytes is outside 1…${FORMAT.maxLeaves * FORMAT.leafBytes}`);
  }
  return count;
}

/** Leaf of one chunk of a tensor: `sha256(0x00 ‖ chunk)`, the chunk (1 to 1,024 bytes) zero-padded to 1,024. */
export function chunkLeaf(chunk: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  if (chunk.length < 1 || chunk.length > FORMAT.leafBytes) {
    throw new InvalidInputError(`a chunk of ${chunk.length} bytes is outside 1…${FORMAT.leafBytes}`);
  }
  return tensorLeaves(chunk, sha256);
}

/** All leaves of a tensor, one behind another. */
export function tensorLeaves(bytes: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  const leaves = new Uint8Array(chunkCount(bytes.length) * HASH_BYTES);
  sha256.digestRecords(FORMAT.leafDomain, FORMAT.leafBytes, bytes, leaves);
  return leaves;
}

/** Root of a tensor's bytes (little-endian, row-major) over its chunks of 1,024 bytes. */
export function tensorRoot(bytes: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  return foldRoot(tensorLeaves(bytes, sha256), sha256);
}
