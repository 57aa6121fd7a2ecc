import { chunkCount } from "../tensor/tree/tensor-root.ts";
import { FORMAT } from "../tensor/constants.ts";
import { parentLevel, treeDepth } from "../tensor/tree/shape.ts";
import { HASH_BYTES, type Sha256 } from "../tensor/tree/sha256.ts";
import type { Pause } from "./pause.ts";

/** Records that are hashed between two pauses: some ten milliseconds of plain JavaScript. An even number. */
const PIECE = 1 << 10;

/** The chunk hashes of a tensor, one behind another, and its root. */
export interface TensorHashes {
  readonly leaves: Uint8Array;
  readonly root: Uint8Array;
}

/** As tensorLeaves and tensorRoot, with a pause between two pieces of a large tensor. */
export async function hashTensor(bytes: Uint8Array, sha256: Sha256, pause: Pause): Promise<TensorHashes> {
  const leaves = new Uint8Array(chunkCount(bytes.length) * HASH_BYTES);
  for (let from = 0; from * HASH_BYTES < leaves.length; from += PIECE) {
    const data = bytes.subarray(from * FORMAT.leafBytes, (from + PIECE) * FORMAT.leafBytes);
    const out = leaves.subarray(from * HASH_BYTES, (from + PIECE) * HASH_BYTES);
    sha256.digestRecords(FORMAT.leafDomain, FORMAT.leafBytes, data, out);
    await pause();
  }
  return { leaves, root: await foldInPieces(leaves, sha256, pause) };
}

/** As foldRoot, with a pause between two pieces of a wide tree. `leaves` are 32 bytes each, one behind another. */
export async function foldInPieces(leaves: Uint8Array, sha256: Sha256, pause: Pause): Promise<Uint8Array> {
  const depth = treeDepth(leaves.length / HASH_BYTES);
  let level = leaves;
  for (let height = 0; height < depth; height++) level = await above(level, height, sha256, pause);
  return level.slice();
}

/** As parentLevel. Pieces hold whole pairs, so that only the last one can end with a missing leaf. */
async function above(
  level: Uint8Array,
  height: number,
  sha256: Sha256,
  pause: Pause,
): Promise<Uint8Array<ArrayBuffer>> {
  const parents = new Uint8Array(Math.ceil(level.length / HASH_BYTES / 2) * HASH_BYTES);
  for (let from = 0; from < level.length; from += 2 * PIECE * HASH_BYTES) {
    parents.set(parentLevel(level.subarray(from, from + 2 * PIECE * HASH_BYTES), height, sha256), from / 2);
    await pause();
  }
  return parents;
}
