import protobuf from "protobufjs/minimal.js";

import { modelError } from "../graph/model-error.ts";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Deepest nesting of messages; an If inside an If costs four levels. */
const MAX_DEPTH = 64;
/** Most messages, texts and small numbers of one file: bounds the memory of what is decoded apart from weights. */
const MAX_ITEMS = 4_000_000;

/**
 * How a field is decoded. `float` is a number; `floats` and `doubles` are lists held as the little-endian bytes that the file has, so that
 * weights are not copied here.
 */
export type Field =
  | { readonly name: string; readonly kind: "string" | "int64" | "float" | "bytes"; readonly list?: true }
  | { readonly name: string; readonly kind: "int64s" | "floats" | "doubles"; readonly list?: true }
  | { readonly name: string; readonly kind: "message"; readonly of: () => Message; readonly list?: true };

/** A message by its field numbers; fields that are not named here are skipped. */
export type Message = ReadonlyMap<number, Field>;

type Values = Record<string, unknown>;
type Reader = protobuf.Reader;

/** Counts what is decoded, so that a small hostile file cannot fill the memory with millions of empty messages. */
class Budget {
  #left = MAX_ITEMS;

  take(): void {
    if (--this.#left < 0) throw modelError(`the file has more than ${MAX_ITEMS} fields`);
  }
}

function readInt64(reader: Reader): bigint {
  // A Long where the package "long" is there, a number otherwise.
  const value: unknown = reader.int64();
  if (typeof value === "number") return BigInt(value);
  const { high, low } = value as { high: number; low: number };
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

function listUnder<T>(values: Values, name: string): T[] {
  return (values[name] ??= []) as T[];
}

function decodePacked(reader: Reader, field: Field, wireType: number, values: Values, budget: Budget): boolean {
  if (field.kind === "int64s") {
    const list = listUnder<bigint>(values, field.name);
    if (wireType === VARINT) {
      budget.take();
      list.push(readInt64(reader));
      return true;
    }
    if (wireType !== BYTES) return false;
    const packed = new protobuf.Reader(reader.bytes());
    while (packed.pos < packed.len) list.push(readInt64(packed));
    return true;
  }
  const single = field.kind === "floats" ? FIXED32 : FIXED64;
  if (wireType !== single && wireType !== BYTES) return false;
  budget.take();
  const size = field.kind === "floats" ? 4 : 8;
  const from = reader.pos;
  const chunk = wireType === BYTES ? reader.bytes() : reader.skip(size).buf.subarray(from, from + size);
  listUnder<Uint8Array>(values, field.name).push(chunk);
  return true;
}

function decodeField(reader: Reader, field: Field, wireType: number, budget: Budget, depth: number): unknown {
  switch (field.kind) {
    case "string":
      return wireType === BYTES ? reader.string() : undefined;
    case "bytes":
      return wireType === BYTES ? reader.bytes() : undefined;
    case "int64":
      return wireType === VARINT ? readInt64(reader) : undefined;
    case "float":
      return wireType === FIXED32 ? reader.float() : undefined;
    case "message":
      return wireType === BYTES
        ? decode(new protobuf.Reader(reader.bytes()), field.of(), budget, depth + 1)
        : undefined;
    default:
      return undefined;
  }
}

function decode(reader: Reader, message: Message, budget: Budget, depth: number): Values {
  if (depth > MAX_DEPTH) throw modelError(`messages are nested more than ${MAX_DEPTH} deep`);
  const values: Values = {};
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    const field = message.get(tag >>> 3);
    if (field === undefined) {
      // Groups are the one recursive form of unknown fields, and ONNX has none.
      if (wireType === 3 || wireType === 4) throw modelError("it is not an ONNX file");
      reader.skipType(wireType);
    } else if (field.kind === "int64s" || field.kind === "floats" || field.kind === "doubles") {
      if (!decodePacked(reader, field, wireType, values, budget)) {
        throw modelError(`field ${field.name} has wire type ${wireType}`);
      }
    } else {
      budget.take();
      const value = decodeField(reader, field, wireType, budget, depth);
      if (value === undefined) throw modelError(`field ${field.name} has wire type ${wireType}`);
      if (field.list === true) listUnder(values, field.name).push(value);
      else values[field.name] = value;
    }
  }
  return values;
}

/**
 * Decodes a protocol buffer message. Byte fields are views of `bytes`, never copies. Throws InvalidInputError for bytes that are no such
 * message; what is allocated is bounded by the file's length and a fixed number of fields.
 */
export function decodeMessage(bytes: Uint8Array, message: Message): unknown {
  try {
    // A plain view: protobufjs treats Node's Buffer differently.
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return decode(new protobuf.Reader(view), message, new Budget(), 0);
  } catch (error) {
    // The reader throws plain errors on bytes that end early or on tags that do not exist.
    if (error instanceof Error && (error.constructor === RangeError || error.constructor === Error)) {
      throw modelError("it is not an ONNX file, or it is cut off", `decoding stopped with "${error.message}"`);
    }
    throw error;
  }
}
