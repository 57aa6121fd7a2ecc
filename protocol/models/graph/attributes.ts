import { nodeError, type NodeName } from "./model-error.ts";
import type { Attribute } from "./types.ts";

/** What the readers below need of a node. */
export interface WithAttributes extends NodeName {
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A number attribute of a node in canonical form. */
export function numberOf(node: WithAttributes, key: string): number {
  const value = node.attributes.get(key);
  if (typeof value === "number") return value;
  throw nodeError(node, `attribute ${key} is not a number`);
}

/** A list of numbers of a node in canonical form. */
export function listOf(node: WithAttributes, key: string): readonly number[] {
  const value = node.attributes.get(key);
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw nodeError(node, `attribute ${key} is not a list of numbers`);
}

/** A text attribute of a node in canonical form. */
export function textOf(node: WithAttributes, key: string): string {
  const value = node.attributes.get(key);
  if (typeof value === "string") return value;
  throw nodeError(node, `attribute ${key} is not a text`);
}
