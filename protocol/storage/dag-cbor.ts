import * as dagCbor from "@ipld/dag-cbor";
import { InvalidInputError } from "@orion/protocol/common";
import type { CID } from "multiformats/cid";
import { CHUNK_BYTES } from "./limits.ts";

/**
 * Canonical dag-cbor of a value, at most 1 MiB.
 * @throws InvalidInputError for values outside the IPLD data model (undefined, NaN, functions) and for larger ones
 */
export function encodeDag(value: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = dagCbor.encode(value);
  } catch (cause) {
    throw new InvalidInputError(`the value cannot be stored as dag-cbor: ${reason(cause)}`, { cause });
  }
  if (bytes.byteLength > CHUNK_BYTES) {
    throw new InvalidInputError(`the dag-cbor block would be ${bytes.byteLength} bytes; at most ${CHUNK_BYTES} fit`, {
      hint: "split it into pages that link to each other",
    });
  }
  return bytes;
}

/**
 * Decodes a dag-cbor block that must be in the one canonical form: whoever names content by the hash of its encoding
 * needs exactly one encoding per value.
 * @throws InvalidInputError
 */
export function decodeDag(cid: CID, bytes: Uint8Array): unknown {
  let value: unknown;
  let again: Uint8Array;
  try {
    value = dagCbor.decode(bytes);
    again = dagCbor.encode(value);
  } catch (cause) {
    throw new InvalidInputError(`${cid.toString()} is not valid dag-cbor: ${reason(cause)}`, { cause });
  }
  if (again.byteLength !== bytes.byteLength || again.some((byte, i) => byte !== bytes[i])) {
    throw new InvalidInputError(`${cid.toString()} is not in canonical dag-cbor form`, {
      hint: "its publisher must encode it again with a canonical dag-cbor encoder",
    });
  }
  return value;
}

function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "";
}
