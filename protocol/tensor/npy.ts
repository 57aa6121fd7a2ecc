import { FORMAT } from "./constants.ts";
import { dtypeBytes } from "./dtype.ts";
import { NpyError } from "./npy-error.ts";
import { type NpyHeader, parseNpyHeader } from "./npy-header.ts";
import { shapeOf, typeFault } from "./shape.ts";
import { fromBytes, toBytes } from "./tensor-bytes.ts";
import type { DType, Tensor, TensorType } from "./types.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** What numpy writes. */
const DESCR: Readonly<Record<DType, string>> = { i8: "|i1", u8: "|u1", i16: "<i2", i32: "<i4" };
/** numpy's own limit for headers of untrusted files. */
const MAX_HEADER = 10_000;
const ALIGN = 64;
/** numpy leaves room to rewrite the first extent in place. */
const GROWTH_DIGITS = 21;

export interface NpyOptions {
  /** Largest content in bytes, without the header; the format's limit of one tensor unless given. */
  readonly maxBytes?: number;
}

/** As numpy reads it: one byte has no order, whatever is said of it, and "=" or nothing is the order of the machine that reads. */
const DTYPES: Readonly<Record<string, readonly [dtype: DType, orders: string]>> = {
  i1: ["i8", "|<>="],
  u1: ["u8", "|<>="],
  i2: ["i16", "<="],
  i4: ["i32", "<="],
};

function dtypeOf(descr: string): DType {
  const [, order = "", kind = ""] = /^([|<>=]?)(.*)$/s.exec(descr) ?? [];
  const known = Object.hasOwn(DTYPES, kind) ? DTYPES[kind] : undefined;
  if (known?.[1].includes(order) === true) return known[0];
  throw new NpyError(`its element type is ${descr}; int8, uint8, int16 and int32 can be used`, hintFor(descr));
}

function hintFor(descr: string): string {
  if (descr.startsWith(">")) return "it is big-endian; store array.astype(array.dtype.newbyteorder('<'))";
  switch (descr[1]) {
    case "f":
    case "c":
      return "floating point is not the same on two machines; quantise it, e.g. numpy.rint(array / scale).astype(numpy.int8)";
    case "b":
      return "store array.astype(numpy.uint8)";
    case "O":
      return "an array of Python objects is code, not data; store array.astype(numpy.int32)";
    default:
      return "store array.astype(numpy.int32), after checking that its values fit";
  }
}

/** A .npy file taken apart; the content is not judged yet. */
export interface NpyParts {
  readonly header: NpyHeader;
  readonly content: Uint8Array;
}

/** Takes a .npy file of version 1.0, 2.0 or 3.0 apart. The content shares its memory. Throws NpyError. */
export function openNpy(bytes: Uint8Array): NpyParts {
  const { headerAt, contentAt } = layoutOf(bytes);
  const header = parseNpyHeader(String.fromCharCode(...bytes.subarray(headerAt, contentAt)));
  return { header, content: bytes.subarray(contentAt) };
}

/** Where header and content begin, by the version. */
function layoutOf(bytes: Uint8Array): { headerAt: number; contentAt: number } {
  if (bytes.length < 12 || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw new NpyError("it does not begin like one", "write it with numpy.save");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [major, minor] = [view.getUint8(6), view.getUint8(7)];
  if (major < 1 || major > 3 || minor !== 0) throw new NpyError(`version ${major}.${minor} is not known`);
  const headerAt = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) throw new NpyError(`its header has ${length} bytes, more than ${MAX_HEADER}`);
  if (headerAt + length > bytes.length) {
    throw new NpyError("it ends inside its header", "the file is cut off; copy it again");
  }
  return { headerAt, contentAt: headerAt + length };
}

function typeOf(dtype: DType, shape: readonly number[]): TensorType {
  const name = `shape (${shape.join(", ")})`;
  if (shape.length < 1 || shape.length > 4) {
    throw new NpyError(`${name} does not have 1 to 4 axes`, "reshape the array");
  }
  const padded = [1, 1, 1, 1, ...shape].slice(-4);
  const type: TensorType = { dtype, rank: shape.length, dims: [padded[0]!, padded[1]!, padded[2]!, padded[3]!] };
  const fault = typeFault(type);
  if (fault !== undefined) throw new NpyError(`${name}: ${fault.rule}`);
  return type;
}

/**
 * The tensor of a .npy file of version 1.0, 2.0 or 3.0 in C order with elements |i1, |u1, <i2 or <i4, or another
 * spelling of these. The declared shape is compared with the bytes at hand before anything is allocated. Throws NpyError with a hint for every other file.
 */
export function decodeNpy(bytes: Uint8Array, options: NpyOptions = {}): Tensor {
  const { header, content } = openNpy(bytes);
  const dtype = dtypeOf(header.descr);
  if (header.fortranOrder) throw new NpyError("it is in Fortran order", "store numpy.ascontiguousarray(array)");
  const type = typeOf(dtype, header.shape);
  const wanted = header.shape.reduce((product, extent) => product * extent, dtypeBytes(dtype));
  const { maxBytes = FORMAT.maxLeaves * FORMAT.leafBytes } = options;
  if (wanted > maxBytes) {
    throw new NpyError(`it declares ${wanted} bytes of content, more than the ${maxBytes} allowed here`);
  }
  const found = content.length;
  if (found !== wanted) throw new NpyError(`its shape needs ${wanted} bytes of content, but it has ${found}`);
  return fromBytes(type, content);
}

function headerText(descr: string, shape: readonly number[]): string {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const room = shape.length === 0 ? 0 : GROWTH_DIGITS - String(shape[0]).length;
  const grown = dict.length + room;
  const length = grown + ALIGN - ((10 + grown + 1) % ALIGN);
  return `${dict.padEnd(length)}\n`;
}

/** The .npy file of a tensor, version 1.0: byte for byte what numpy.save writes. */
export function encodeNpy(tensor: Tensor): Uint8Array<ArrayBuffer> {
  return joinNpy(DESCR[tensor.dtype], shapeOf(tensor), toBytes(tensor));
}

/**
 * A .npy file of version 1.0 in C order, byte for byte what numpy.save writes.
 * @param descr element type as numpy names it, such as `<f4`
 * @param content little-endian elements, as many as the shape says
 */
export function joinNpy(descr: string, shape: readonly number[], content: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(headerText(descr, shape));
  const bytes = new Uint8Array(10 + header.length + content.length);
  bytes.set([...MAGIC, 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(header, 10);
  bytes.set(content, 10 + header.length);
  return bytes;
}
