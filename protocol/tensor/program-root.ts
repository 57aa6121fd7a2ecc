import { encodeDescriptor } from "./codec.ts";
import { FORMAT } from "./constants.ts";
import { encodeHeader, HEADER_BYTES } from "./program-file.ts";
import { descriptorsRoot } from "./tree/descriptors-root.ts";
import { HASH_BYTES, pureSha256, type Sha256 } from "./tree/sha256.ts";
import type { Program } from "./types.ts";

/** The 32 bytes that name a program on chain: header and root of the descriptors. Throws ProgramError as encodeProgram. */
export function programRoot(program: Program, sha256: Sha256 = pureSha256): Uint8Array {
  const header = encodeHeader(program);
  const descriptors = program.nodes.map((node, index) => encodeDescriptor(node, index));
  const message = new Uint8Array(1 + HEADER_BYTES + HASH_BYTES);
  message[0] = FORMAT.headerDomain;
  message.set(header, 1);
  message.set(descriptorsRoot(descriptors, sha256), 1 + HEADER_BYTES);
  return sha256.digest(message);
}
