import type { WithAttributes } from "../attributes.ts";
import { formatDims } from "../dims.ts";
import { nodeError } from "../model-error.ts";
import type { ValueInfo, ValueType } from "../types.ts";

/** A node in canonical form with what is known of its inputs; one that is left out is undefined. */
export interface InferNode extends WithAttributes {
  readonly inputs: readonly (ValueInfo | undefined)[];
  readonly outputCount: number;
}

/** Types and shapes of a node's outputs. Throws InvalidInputError where the operator does not take these inputs. */
export type Infer = (node: InferNode) => ValueInfo[];

/** An input that must be there. */
export function inputOf(node: InferNode, index: number): ValueInfo {
  const info = node.inputs[index];
  if (info === undefined) throw nodeError(node, `input ${index} is missing`);
  return info;
}

/** An input that must have one of the given types. */
export function typedInput(node: InferNode, index: number, ...types: readonly ValueType[]): ValueInfo {
  const info = inputOf(node, index);
  if (!types.includes(info.type)) throw nodeError(node, `input ${index} is ${info.type}, not ${types.join(" or ")}`);
  return info;
}

/** Throws for a broken rule about shapes; the message shows the shapes of all inputs. */
export function requireShapes(node: InferNode, isRight: boolean, rule: string): void {
  if (isRight) return;
  const shapes = node.inputs.map((info) => (info === undefined ? "none" : formatDims(info.dims))).join(", ");
  throw nodeError(node, `${rule} (inputs: ${shapes})`);
}

/** Throws for an attribute outside its range. */
export function requireAttribute(node: InferNode, isRight: boolean, rule: string): void {
  if (!isRight) throw nodeError(node, rule);
}

export const FLOATS = ["f32", "f64"] as const;
export const NUMBERS = ["f32", "f64", "i64", "i32", "i16", "i8", "u8"] as const;
