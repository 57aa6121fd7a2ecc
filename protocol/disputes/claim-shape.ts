import { byteLength, chunkCount, type Program } from "../tensor/index.ts";
import type { ClaimShape } from "./place.ts";

/** The trees of a claim over `shards` shards of a program. */
export function claimShape(program: Program, shards: number): ClaimShape {
  return { shards, nodes: program.nodes.length, leaves: program.nodes.map((node) => chunkCount(byteLength(node))) };
}
