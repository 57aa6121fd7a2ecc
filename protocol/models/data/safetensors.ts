import { z } from "zod";

import { InvalidInputError } from "../../common/errors.ts";
import { elementCount } from "../graph/dims.ts";
import { quoted } from "../graph/model-error.ts";
import type { GraphTensor, ValueType } from "../graph/types.ts";
import { bytesOf, readElements, STORAGES, type StorageName } from "./element-types.ts";

/** Element types as the format names them. */
const KINDS: Readonly<Record<string, StorageName>> = {
  ...{ F16: "f16", BF16: "bf16", F32: "f32", F64: "f64", BOOL: "bool" },
  ...{ I8: "i8", U8: "u8", I16: "i16", U16: "u16", I32: "i32", U32: "u32", I64: "i64" },
};
const NAMES: Readonly<Record<ValueType, string>> = {
  ...{ f32: "F32", f64: "F64", i64: "I64", i32: "I32", i16: "I16", i8: "I8", u8: "U8", bool: "BOOL" },
};

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER = 100_000_000;
const METADATA = "__metadata__";

const ENTRY = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const HEADER = z.record(z.string(), z.unknown());

function fault(rule: string): InvalidInputError {
  return new InvalidInputError(`unusable safetensors file: ${rule}`, { hint: "write it with safetensors.save_file" });
}

/**
 * Reads a safetensors file: its tensors by name. 16-bit floats become f32, unsigned integers of 16 and 32 bits the next wider signed type.
 * @throws InvalidInputError for a damaged file and element types that have no equal here
 */
export function readSafetensors(bytes: Uint8Array): Map<string, GraphTensor> {
  const { header, content } = openFile(bytes);
  const tensors = new Map<string, GraphTensor>();
  let end = 0;
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => [name, entryOf(name, value)] as const)
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    const kind = Object.hasOwn(KINDS, dtype) ? KINDS[dtype] : undefined;
    if (kind === undefined) throw fault(`the elements of ${quoted(name)} are ${quoted(dtype)}, which cannot be read`);
    const storage = STORAGES[kind];
    const [from, to] = offsets;
    if (from !== end) throw fault(`the bytes of ${quoted(name)} do not follow those before`);
    if (to > content.length) throw fault(`the bytes of ${quoted(name)} lie behind the end of the file`);
    if (to - from !== elementCount(shape) * storage.width) {
      throw fault(`${quoted(name)} has ${to - from} bytes, which is not what its shape needs`);
    }
    tensors.set(name, readElements(storage, shape, content.subarray(from, to), false));
    end = to;
  }
  if (end !== content.length) throw fault(`${content.length - end} bytes belong to no tensor`);
  return tensors;
}

function openFile(bytes: Uint8Array): { header: Record<string, unknown>; content: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) throw fault("it is too short");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER || Number(length) > bytes.length - LENGTH_BYTES) throw fault("it ends inside its header");
  const start = LENGTH_BYTES + Number(length);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start));
    return { header: HEADER.parse(JSON.parse(text)), content: bytes.subarray(start) };
  } catch {
    throw fault("its header is no JSON object");
  }
}

function entryOf(name: string, value: unknown): z.infer<typeof ENTRY> {
  const parsed = ENTRY.safeParse(value);
  if (!parsed.success) throw fault(`the header's entry of ${quoted(name)} is damaged`);
  return parsed.data;
}

/** The safetensors file of some tensors, in the order given. The header is padded with spaces so that the tensors begin at a multiple of eight bytes. */
export function writeSafetensors(tensors: ReadonlyMap<string, GraphTensor>): Uint8Array<ArrayBuffer> {
  let end = 0;
  const header: Record<string, z.infer<typeof ENTRY>> = {};
  for (const [name, tensor] of tensors) {
    if (name === METADATA) throw new InvalidInputError(`a tensor cannot be named ${METADATA}`);
    const from = end;
    end += tensor.data.byteLength;
    header[name] = { dtype: NAMES[tensor.type], shape: [...tensor.dims], data_offsets: [from, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + length + end).fill(0x20, LENGTH_BYTES, LENGTH_BYTES + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + length;
  for (const tensor of tensors.values()) {
    bytes.set(bytesOf(tensor), at);
    at += tensor.data.byteLength;
  }
  return bytes;
}
