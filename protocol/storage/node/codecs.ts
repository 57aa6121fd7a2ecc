import * as dagCbor from "@ipld/dag-cbor";
import * as dagJson from "@ipld/dag-json";
import * as dagPb from "@ipld/dag-pb";
import * as raw from "multiformats/codecs/raw";
import { badRequest } from "./rpc-error.ts";

export interface Codec {
  code: number;
  decode(bytes: Uint8Array): unknown;
  encode(value: unknown): Uint8Array;
}

const CODECS: ReadonlyMap<string, Codec> = new Map<string, Codec>([
  ["raw", { code: raw.code, decode: (bytes) => raw.decode(bytes), encode: (value) => raw.encode(value as Uint8Array) }],
  [
    "dag-pb",
    {
      code: dagPb.code,
      decode: (bytes) => dagPb.decode(bytes),
      encode: (value) => dagPb.encode(value as dagPb.PBNode),
    },
  ],
  [
    "dag-cbor",
    { code: dagCbor.code, decode: (bytes) => dagCbor.decode(bytes), encode: (value) => dagCbor.encode(value) },
  ],
  [
    "dag-json",
    { code: dagJson.code, decode: (bytes) => dagJson.decode(bytes), encode: (value) => dagJson.encode(value) },
  ],
]);

/** Kubo's older names. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["protobuf", "dag-pb"],
  ["v0", "dag-pb"],
  ["cbor", "dag-cbor"],
]);

/** @throws RpcError for a codec that this node does not know */
export function codecByName(name: string): Codec {
  const codec = CODECS.get(ALIASES.get(name) ?? name);
  if (codec === undefined) {
    throw badRequest(`unknown codec ${JSON.stringify(name)}; this node knows raw, dag-pb, dag-cbor, dag-json`);
  }
  return codec;
}

/** @throws RpcError when the bytes do not decode, or the value does not fit the other codec */
export function transcode(bytes: Uint8Array, from: Codec, to: Codec): Uint8Array {
  try {
    return to.encode(from.decode(bytes));
  } catch (error) {
    throw badRequest(`the data does not fit the codec: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The codec of a block. */
export function codecByCode(code: number): Codec {
  for (const codec of CODECS.values()) if (codec.code === code) return codec;
  throw badRequest(`unknown codec 0x${code.toString(16)}`);
}
