import type { GraphNode } from "../graph/types.ts";
import { Refusal } from "./refusal.ts";

function fail(name: string, wanted: string): never {
  throw new Refusal(`its attribute ${name} is not ${wanted}`);
}

/** A numeric attribute, or `otherwise` where the node does not have it. */
export function numberOf(node: GraphNode, name: string, otherwise: number): number {
  const value = node.attributes.get(name);
  if (value === undefined) return otherwise;
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : fail(name, "a number");
}

/** A text attribute, or `otherwise` where the node does not have it. */
export function textOf(node: GraphNode, name: string, otherwise: string): string {
  const value = node.attributes.get(name) ?? otherwise;
  return typeof value === "string" ? value : fail(name, "a text");
}

/** A list of numbers, or `otherwise` where the node does not have it. */
export function listOf(node: GraphNode, name: string, otherwise: readonly number[] = []): readonly number[] {
  const value = node.attributes.get(name);
  if (value === undefined) return otherwise;
  return Array.isArray(value) ? (value as readonly (number | bigint)[]).map(Number) : fail(name, "a list of numbers");
}
