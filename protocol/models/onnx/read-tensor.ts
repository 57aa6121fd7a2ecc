import { elementCount, formatDims } from "../graph/dims.ts";
import { modelError, quoted } from "../graph/model-error.ts";
import { tensorOf } from "../graph/tensors.ts";
import type { ArrayOf, GraphTensor, ValueType } from "../graph/types.ts";
import { type DataType, dataTypeName, dataTypeOf } from "./data-types.ts";
import { widenBfloats, widenHalves } from "./float16.ts";
import type { TensorProto } from "./proto.ts";

/** Gives bytes of a file beside the model: weights of more than 2 GB are not in the .onnx itself. */
export type ExternalData = (path: string, offset: number, length: number) => Uint8Array | Promise<Uint8Array>;

const EXTERNAL = 1n;

/** Extents of a foreign message as numbers; `elementCount` refuses those that are too large. */
export function dimsOf(dims: readonly bigint[]): number[] {
  return dims.map((dim) => {
    const extent = Number(dim);
    if (!Number.isSafeInteger(extent) || extent < 0) throw modelError(`${dim} is not an extent`);
    return extent;
  });
}

/** Typed arrays need aligned memory, and the file is not: this is the one copy of the weights. */
function aligned(raw: Uint8Array): ArrayBuffer {
  return raw.slice().buffer;
}

function fromRaw(raw: Uint8Array, { name, type }: DataType): ArrayOf[ValueType] {
  const buffer = aligned(raw);
  switch (name) {
    case "float16":
      return widenHalves(new Uint16Array(buffer));
    case "bfloat16":
      return widenBfloats(new Uint16Array(buffer));
    case "uint16":
      return Int32Array.from(new Uint16Array(buffer));
    case "uint32":
      return BigInt64Array.from(new Uint32Array(buffer), BigInt);
    default:
      break;
  }
  switch (type) {
    case "f32":
      return new Float32Array(buffer);
    case "f64":
      return new Float64Array(buffer);
    case "i64":
      return new BigInt64Array(buffer);
    case "i32":
      return new Int32Array(buffer);
    case "i16":
      return new Int16Array(buffer);
    case "i8":
      return new Int8Array(buffer);
    case "bool":
      return new Uint8Array(buffer).map((value) => (value === 0 ? 0 : 1));
    case "u8":
      return new Uint8Array(buffer);
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const result = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

/** Elements from the typed list that onnx.proto prescribes for each type. */
function fromTyped(proto: TensorProto, dataType: DataType): ArrayOf[ValueType] {
  const { name, type } = dataType;
  if (name === "float") return fromRaw(joined(proto.floats ?? []), dataType);
  if (name === "double") return fromRaw(joined(proto.doubles ?? []), dataType);
  if (name === "int64") return BigInt64Array.from(proto.int64s ?? []);
  if (name === "uint32" || name === "uint64") return BigInt64Array.from(proto.uint64s ?? []);
  const values = Array.from(proto.int32s ?? [], Number);
  if (name === "float16") return widenHalves(values);
  if (name === "bfloat16") return widenBfloats(values);
  switch (type) {
    case "i32":
      return Int32Array.from(values);
    case "i16":
      return Int16Array.from(values);
    case "i8":
      return Int8Array.from(values);
    case "bool":
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    default:
      return Uint8Array.from(values);
  }
}

function refuseHugeUnsigned(data: ArrayOf[ValueType], dataType: DataType, label: string): void {
  if (dataType.name !== "uint64") return;
  if ((data as BigInt64Array).some((value) => value < 0n)) {
    throw modelError(`${label} has uint64 values of 2^63 or more`);
  }
}

async function externalBytes(
  proto: TensorProto,
  expected: number,
  label: string,
  read: ExternalData | undefined,
): Promise<Uint8Array> {
  const entries = new Map((proto.external ?? []).map(({ key, value }) => [key, value]));
  const path = entries.get("location") ?? "";
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? expected);
  if (read === undefined) {
    throw modelError(
      `the data of ${label} is in another file, ${quoted(path)}`,
      "pass externalData, which gives the bytes of that file",
    );
  }
  // The path comes from the file: it must not leave the folder of the model.
  if (path === "" || /^[/\\]|^[a-zA-Z]:|\0/.test(path) || path.split(/[/\\]/).includes("..")) {
    throw modelError(`the data of ${label} is at ${quoted(path)}, which is not a path inside the model's folder`);
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== expected) {
    throw modelError(`${label} needs ${expected} bytes, but its entry names ${length} bytes at offset ${offset}`);
  }
  const bytes = await read(path, offset, length);
  if (bytes.length !== expected) {
    throw modelError(`${quoted(path)} gave ${bytes.length} bytes at offset ${offset} where ${label} needs ${expected}`);
  }
  return bytes;
}

/**
 * Reads a tensor of an ONNX file. Throws InvalidInputError where its data does not match its shape, before anything of the claimed size is
 * allocated.
 *
 * @param label how messages name the tensor
 */
export async function readTensor(proto: TensorProto, label: string, external?: ExternalData): Promise<GraphTensor> {
  const dataType = dataTypeOf(Number(proto.dataType ?? 0n));
  if (dataType === undefined) {
    throw modelError(`${label} has elements of type ${dataTypeName(Number(proto.dataType ?? 0n))}`);
  }
  if (proto.segment !== undefined) {
    throw modelError(`${label} is stored in segments`, "save the model again in one piece");
  }
  const dims = dimsOf(proto.dims ?? []);
  const count = elementCount(dims);
  const expected = count * dataType.bytes;
  const raw = proto.location === EXTERNAL ? await externalBytes(proto, expected, label, external) : proto.raw;
  if (raw !== undefined && raw.length !== expected) {
    throw modelError(`${label} of shape ${formatDims(dims)} has ${raw.length} bytes of data instead of ${expected}`);
  }
  if (raw === undefined) requireTypedBytes(proto, dataType, label);
  const data = raw === undefined ? fromTyped(proto, dataType) : fromRaw(raw, dataType);
  if (data.length !== count) {
    throw modelError(`${label} of shape ${formatDims(dims)} has ${data.length} elements instead of ${count}`);
  }
  refuseHugeUnsigned(data, dataType, label);
  return tensorOf(dataType.type, dims, data);
}

function requireTypedBytes(proto: TensorProto, { name }: DataType, label: string): void {
  const chunks = name === "float" ? proto.floats : name === "double" ? proto.doubles : undefined;
  const size = name === "float" ? 4 : 8;
  if (chunks?.some((chunk) => chunk.length % size !== 0) === true) throw modelError(`the data of ${label} is cut off`);
}
