import { chunkPlace, nodePlace, shardDepth, type ClaimShape, type Place } from "@orion/protocol/disputes";
import { byteLength, FORMAT, treeDepth, type Program, type TensorSource } from "@orion/protocol/tensor";

import type { Random } from "../unit/tensor/random.ts";
import type { Lies } from "./lying-claim.ts";

/** Ways in which a claim can be wrong. */
export const LIE_KINDS = ["element", "padding", "shards", "nodes", "chunks", "input", "constant", "made up"] as const;
export type LieKind = (typeof LIE_KINDS)[number];

interface Claim {
  readonly program: Program;
  readonly shape: ClaimShape;
  readonly tensors: TensorSource;
}

/** A lie of the kind at a random place, or undefined where this claim has no place for it. */
export function randomLie(r: Random, claim: Claim, kind: LieKind): Lies | undefined {
  const shard = r.between(0, claim.shape.shards - 1);
  switch (kind) {
    case "element":
    case "padding":
      return alteredByte(r, claim, shard, kind);
    case "shards":
    case "nodes":
    case "chunks":
      return missingLeaf(r, claim, shard, kind);
    case "input":
    case "constant":
      return hashOf(
        r,
        claim,
        shard,
        nodesOf(claim, (op) => op === kind),
      );
    case "made up":
      return hashOf(r, claim, shard, nodesOf(claim, isComputed));
  }
}

const isComputed = (op: string): boolean => op !== "input" && op !== "constant";

function nodesOf({ program }: Claim, wanted: (op: string) => boolean): number[] {
  return program.nodes.flatMap(({ op }, index) => (wanted(op) ? [index] : []));
}

const randomHash = (r: Random): Uint8Array => Uint8Array.from({ length: 32 }, () => r.between(0, 255));

function hashOf(r: Random, { shape }: Claim, shard: number, nodes: readonly number[]): Lies | undefined {
  if (nodes.length === 0) return undefined;
  return { chunks: new Map(), hashes: new Map([[nodePlace(shape, shard, r.pick(nodes)), randomHash(r)]]) };
}

function alteredByte(r: Random, claim: Claim, shard: number, kind: "element" | "padding"): Lies | undefined {
  const { program, shape, tensors } = claim;
  const size = (node: number): number => byteLength(program.nodes[node]!);
  const nodes = nodesOf(claim, isComputed).filter((n) => kind === "element" || size(n) % FORMAT.leafBytes > 0);
  if (nodes.length === 0) return undefined;
  const node = r.pick(nodes);
  const end = Math.ceil(size(node) / FORMAT.leafBytes) * FORMAT.leafBytes;
  const position = kind === "element" ? r.between(0, size(node) - 1) : r.between(size(node), end - 1);
  const index = Math.floor(position / FORMAT.leafBytes);
  const chunk = new Uint8Array(FORMAT.leafBytes);
  chunk.set(tensors(shard, node).subarray(index * FORMAT.leafBytes, (index + 1) * FORMAT.leafBytes));
  chunk[position % FORMAT.leafBytes]! ^= 1 << r.between(0, 7);
  return { chunks: new Map([[chunkPlace(shape, shard, node, index), chunk]]), hashes: new Map() };
}

function missingLeaf(r: Random, claim: Claim, shard: number, kind: "shards" | "nodes" | "chunks"): Lies | undefined {
  const { shape } = claim;
  const node = r.pick(nodesOf(claim, isComputed));
  const [count, first]: [number, Place] =
    kind === "shards"
      ? [shape.shards, 2 ** shardDepth(shape)]
      : kind === "nodes"
        ? [shape.nodes, nodePlace(shape, shard, 0)]
        : [shape.leaves[node]!, chunkPlace(shape, shard, node, 0)];
  const all = 2 ** treeDepth(count);
  if (all === count) return undefined;
  return { chunks: new Map(), hashes: new Map([[first + r.between(count, all - 1), randomHash(r)]]) };
}

/** Everything that either of two lies says; the first one wins where both speak. */
export function both(a: Lies, b: Lies): Lies {
  return { chunks: new Map([...b.chunks, ...a.chunks]), hashes: new Map([...b.hashes, ...a.hashes]) };
}
