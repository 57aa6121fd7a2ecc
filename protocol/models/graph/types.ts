/**
 * The float graph that every importer produces and the quantiser compiles. Shapes are static, everything that does not depend on an
 * input is folded into a constant, and operators have one form each, whatever version of ONNX or TensorFlow.js they were read from.
 */

/** Element types of values and constants: 64-bit integers are held as bigints, booleans as 0 and 1. */
export const VALUE_TYPES = ["f32", "f64", "i64", "i32", "i16", "i8", "u8", "bool"] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** The array that holds elements of each type. 16-bit floats are widened to f32 when they are read. */
export interface ArrayOf {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  readonly i32: Int32Array;
  readonly i16: Int16Array;
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly bool: Uint8Array;
}

/** Type and extents of a value; `dims` is empty for a scalar. */
export interface ValueInfo<T extends ValueType = ValueType> {
  readonly type: T;
  readonly dims: readonly number[];
}

/** A dense row-major tensor: `data.length` is the product of `dims` (1 for a scalar). */
export type GraphTensor = { [T in ValueType]: ValueInfo<T> & { readonly data: ArrayOf[T] } }[ValueType];

export type Attribute =
  number | bigint | string | readonly number[] | readonly bigint[] | readonly string[] | GraphTensor;

export interface GraphNode {
  /** Operator name, as ONNX spells it; operators of other domains have the domain in front (`com.microsoft.QLinearAdd`). */
  readonly op: string;
  /** Name for messages: the model's own, or `op#index`. */
  readonly name: string;
  /** Names of the values read; an optional input that is left out is the empty string. */
  readonly inputs: readonly string[];
  /** Names of the values computed. */
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** Nodes are in topological order. Every value is an input, a constant or an output of exactly one node. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly constants: ReadonlyMap<string, GraphTensor>;
  readonly nodes: readonly GraphNode[];
  /** Type and shape of every value, constants included. */
  readonly values: ReadonlyMap<string, ValueInfo>;
}
