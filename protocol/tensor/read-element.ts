import { dtypeBytes } from "./dtype.ts";
import type { DType } from "./types.ts";

/** Element `index` of a tensor's little-endian bytes, which are not copied. The element lies inside them. */
export function readElement(bytes: Uint8Array, dtype: DType, index: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = index * dtypeBytes(dtype);
  switch (dtype) {
    case "i8":
      return view.getInt8(at);
    case "u8":
      return view.getUint8(at);
    case "i16":
      return view.getInt16(at, true);
    case "i32":
      return view.getInt32(at, true);
  }
}
