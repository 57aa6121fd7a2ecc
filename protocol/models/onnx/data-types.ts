import type { ValueType } from "../graph/types.ts";

/** An element type of ONNX: what it is held as, and how many bytes it takes in a file. */
export interface DataType {
  readonly name: string;
  readonly type: ValueType;
  readonly bytes: number;
}

const row = (name: string, type: ValueType, bytes: number): DataType => ({ name, type, bytes });

/** Element types by their number in onnx.proto. Those that the graph has not are held as the next wider one. */
const DATA_TYPES: ReadonlyMap<number, DataType> = new Map([
  [1, row("float", "f32", 4)],
  [2, row("uint8", "u8", 1)],
  [3, row("int8", "i8", 1)],
  [4, row("uint16", "i32", 2)],
  [5, row("int16", "i16", 2)],
  [6, row("int32", "i32", 4)],
  [7, row("int64", "i64", 8)],
  [9, row("bool", "bool", 1)],
  [10, row("float16", "f32", 2)],
  [11, row("double", "f64", 8)],
  [12, row("uint32", "i64", 4)],
  [13, row("uint64", "i64", 8)],
  [16, row("bfloat16", "f32", 2)],
]);

const UNSUPPORTED: ReadonlyMap<number, string> = new Map([
  [8, "string"],
  [14, "complex64"],
  [15, "complex128"],
  [21, "uint4"],
  [22, "int4"],
]);

export function dataTypeOf(number: number): DataType | undefined {
  return DATA_TYPES.get(number);
}

/** Name of an element type for messages, supported or not. */
export function dataTypeName(number: number): string {
  return DATA_TYPES.get(number)?.name ?? UNSUPPORTED.get(number) ?? `number ${number}`;
}
