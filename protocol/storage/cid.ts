import { InvalidInputError } from "@orion/protocol/common";
import { base16, base16upper } from "multiformats/bases/base16";
import { base32, base32upper } from "multiformats/bases/base32";
import { base36, base36upper } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { base64, base64url } from "multiformats/bases/base64";
import type { MultibaseDecoder } from "multiformats/bases/interface";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { MAX_CID_TEXT } from "./limits.ts";

export const RAW = 0x55;
export const DAG_PB = 0x70;
export const DAG_CBOR = 0x71;
const SHA2_256 = 0x12;
const SHA2_256_BYTES = 32;

const CODEC_NAMES: ReadonlyMap<number, string> = new Map([
  [RAW, "raw"],
  [DAG_PB, "dag-pb"],
  [DAG_CBOR, "dag-cbor"],
]);

/** Name of a supported codec, else its number in hexadecimal. */
export function codecName(code: number): string {
  return CODEC_NAMES.get(code) ?? `0x${code.toString(16)}`;
}

/**
 * Refuses every CID that this network does not use: another hash than 32-byte sha2-256 (an identity "hash" proves
 * nothing), or a codec other than raw, dag-pb and dag-cbor.
 * @throws InvalidInputError
 */
export function assertSupportedCid(cid: CID, codecs: readonly number[] = [RAW, DAG_PB, DAG_CBOR]): void {
  const { code: hash, digest } = cid.multihash;
  if (hash !== SHA2_256 || digest.byteLength !== SHA2_256_BYTES) {
    throw new InvalidInputError(
      `the CID ${shown(cid.toString())} is not a sha2-256 CID (hash 0x${hash.toString(16)})`,
      {
        hint: "store the content again with the hash sha2-256",
      },
    );
  }
  if (!codecs.includes(cid.code)) {
    throw new InvalidInputError(
      `the CID ${cid.toString()} has the codec ${codecName(cid.code)}; expected ${codecs.map(codecName).join(" or ")}`,
      { hint: "check that this is the CID of the right object" },
    );
  }
}

/**
 * Reads a CID from text in any base that IPFS tools write: base32, base36, base58, base16, base64. Whatever the spelling, the CID is written in one:
 * base32, or base58 for version 0.
 * @throws InvalidInputError with one readable line, also for a CID of an unsupported hash or codec
 */
export function parseCid(text: string): CID {
  const cid = decodeCidText(text);
  assertSupportedCid(cid);
  return cid;
}

const DECODERS: ReadonlyMap<string, MultibaseDecoder<string>> = new Map(
  [base16, base16upper, base32, base32upper, base36, base36upper, base58btc, base64, base64url].map((base) => [
    base.prefix,
    base.decoder,
  ]),
);

function decodeCidText(text: string): CID {
  const hint = 'a CID looks like "bafkrei…", "bafyrei…" or "Qm…", without a path or "ipfs://" before it';
  if (text.length > MAX_CID_TEXT) throw new InvalidInputError(`${shown(text)} is too long for a CID`, { hint });
  try {
    const cid = CID.parse(text, DECODERS.get(text.charAt(0)));
    // The library keeps the text that it was read from.
    return CID.create(cid.version, cid.code, cid.multihash);
  } catch (cause) {
    throw new InvalidInputError(`${shown(text)} is not a CID`, { hint, cause });
  }
}

/** Text of unknown origin, safe for one line of a terminal or log. */
function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/**
 * The CID of the dag-cbor block whose bare sha2-256 digest the chain stores.
 * @param digest 0x and 64 hexadecimal digits
 * @throws InvalidInputError
 */
export function dagCidFromDigest(digest: string): CID {
  if (!/^0x[0-9a-fA-F]{64}$/.test(digest)) {
    throw new InvalidInputError(`${shown(digest)} is not a content digest`, { hint: "expected 0x and 64 hex digits" });
  }
  const bytes = Uint8Array.from({ length: SHA2_256_BYTES }, (_, i) =>
    Number.parseInt(digest.slice(2 + 2 * i, 4 + 2 * i), 16),
  );
  return CID.createV1(DAG_CBOR, createDigest(SHA2_256, bytes));
}

/**
 * The 32-byte digest (0x, lower-case hexadecimal) by which the chain names a dag-cbor block.
 * @throws InvalidInputError for any CID other than dag-cbor with sha2-256
 */
export function digestFromDagCid(cid: CID): string {
  assertSupportedCid(cid, [DAG_CBOR]);
  return `0x${[...cid.multihash.digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
