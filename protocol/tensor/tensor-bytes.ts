import { InvalidInputError } from "../common/errors.ts";
import { allocate, dtypeBytes } from "./dtype.ts";
import { byteLength, describeType, elementCount } from "./shape.ts";
import type { DType, Tensor, TensorType } from "./types.ts";

const LITTLE_ENDIAN_HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of every element in place. */
function swapElements(bytes: Uint8Array, dtype: DType): void {
  const width = dtypeBytes(dtype);
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** The tensor's content: little-endian, row-major. The bytes are a copy. */
export function toBytes(tensor: Pick<Tensor, "dtype" | "data">): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength: length } = tensor.data;
  const bytes = new Uint8Array(length);
  bytes.set(new Uint8Array(buffer, byteOffset, length));
  if (!LITTLE_ENDIAN_HOST) swapElements(bytes, tensor.dtype);
  return bytes;
}

/** The tensor of a type from its content, which is copied. Throws InvalidInputError if the length does not fit. */
export function fromBytes(type: TensorType, bytes: Uint8Array): Tensor {
  if (bytes.length !== byteLength(type)) {
    throw new InvalidInputError(`${describeType(type)} has ${byteLength(type)} bytes, not ${bytes.length}`);
  }
  const data = allocate(type.dtype, elementCount(type.dims));
  const target = new Uint8Array(data.buffer);
  target.set(bytes);
  if (!LITTLE_ENDIAN_HOST) swapElements(target, type.dtype);
  return { dtype: type.dtype, rank: type.rank, dims: type.dims, data };
}
