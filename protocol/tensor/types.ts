/** Element types of a tensor, in the order of their codes on the wire (1…4). */
export const DTYPES = ["i8", "u8", "i16", "i32"] as const;
export type DType = (typeof DTYPES)[number];

export type TypedData = Int8Array | Uint8Array | Int16Array | Int32Array;

/** Four extents, right aligned; extents before the last `rank` are 1. */
export type Dims = readonly [number, number, number, number];

export interface TensorType {
  readonly dtype: DType;
  readonly rank: number;
  readonly dims: Dims;
}

/** A dense row-major tensor; `data.length` is the product of `dims`, its class follows `dtype`. */
export interface Tensor extends TensorType {
  readonly data: TypedData;
}

export const OPS = {
  input: 0x01,
  constant: 0x02,
  matmul: 0x10,
  conv2d: 0x11,
  requantize: 0x20,
  add: 0x21,
  sub: 0x22,
  mul: 0x23,
  max: 0x24,
  min: 0x25,
  clamp: 0x26,
  lookup: 0x27,
  div: 0x28,
  isqrt: 0x29,
  view: 0x30,
  reduceSum: 0x40,
  reduceMax: 0x41,
  argmax: 0x42,
  maxPool: 0x50,
  avgPool: 0x51,
} as const;
export type OpName = keyof typeof OPS;

/** Where the elements of an operand come from; decides against which root a proof of them is checked. */
export type Source = "computed" | "shared" | "shard" | "constant";

export interface Operand extends TensorType {
  readonly source: Source;
  /** Index of the node that is read. */
  readonly node: number;
  /** Slot of an input node, otherwise 0. */
  readonly slot: number;
  /** Tensor root (32 bytes) of a constant node, otherwise undefined. */
  readonly root: Uint8Array | undefined;
}

export interface ProgramNode extends TensorType {
  readonly op: OpName;
  readonly operands: readonly Operand[];
  /** The 48 attribute fields a[0]…a[47]; all zero for a constant. */
  readonly attrs: Int32Array;
  /** Tensor root (32 bytes) if the node is a constant, otherwise undefined. */
  readonly constantRoot: Uint8Array | undefined;
}

export interface Program {
  readonly version: number;
  readonly sharedSlots: number;
  readonly shardSlots: number;
  /** The nodes whose tensors are the result: 1 to 16 computed ones, strictly ascending. An output is named by its index here. */
  readonly outputNodes: readonly number[];
  readonly nodes: readonly ProgramNode[];
}
