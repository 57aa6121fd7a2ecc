import {
  chunkPlace,
  nodePlace,
  shardDepth,
  type ClaimShape,
  type OwnTrace,
  type Place,
} from "@orion/protocol/disputes";
import { byteLength, FORMAT, treeDepth, type Program } from "@orion/protocol/tensor";

import type { Random } from "../unit/tensor/random.ts";
import { NO_LIES, type Lies } from "./lying-claim.ts";

/** Ways in which a claim can be wrong. */
export const LIE_KINDS = ["element", "padding", "shards", "nodes", "chunks", "input", "constant", "made up"] as const;
export type LieKind = (typeof LIE_KINDS)[number];

interface Claim {
  readonly program: Program;
  readonly shape: ClaimShape;
  /** The own computation, by shard of the claim. */
  readonly traces: readonly OwnTrace[];
}

/**
 * A lie of the kind at a random place that makes the outputs wrong, or undefined where this claim has no place for it: what stands only in a trace is claimed together with a
 * wrong output of its shard, as a wrong computation has it.
 */
export function randomLie(r: Random, claim: Claim, kind: LieKind): Lies | undefined {
  const shard = r.between(0, claim.shape.shards - 1);
  if (kind === "shards") return missingShard(r, claim);
  const hidden = hiddenLie(r, claim, shard, kind);
  return hidden === undefined ? undefined : both(hidden, wrongOutput(r, claim, shard));
}

function hiddenLie(r: Random, claim: Claim, shard: number, kind: LieKind): Lies | undefined {
  switch (kind) {
    case "element":
    case "padding":
      return alteredByte(r, claim, shard, kind);
    case "shards":
      return undefined;
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
  return { ...NO_LIES, hashes: new Map([[nodePlace(shape, shard, r.pick(nodes)), randomHash(r)]]) };
}

function wrongOutput(r: Random, claim: Claim, shard: number): Lies {
  const node = r.pick(claim.program.outputNodes);
  return alteration(r, claim, shard, node, r.between(0, byteLength(claim.program.nodes[node]!) - 1));
}

function alteredByte(r: Random, claim: Claim, shard: number, kind: "element" | "padding"): Lies | undefined {
  const size = (node: number): number => byteLength(claim.program.nodes[node]!);
  const nodes = nodesOf(claim, isComputed).filter((n) => kind === "element" || size(n) % FORMAT.leafBytes > 0);
  if (nodes.length === 0) return undefined;
  const node = r.pick(nodes);
  const end = Math.ceil(size(node) / FORMAT.leafBytes) * FORMAT.leafBytes;
  const position = kind === "element" ? r.between(0, size(node) - 1) : r.between(size(node), end - 1);
  return alteration(r, claim, shard, node, position);
}

function alteration(r: Random, { shape, traces }: Claim, shard: number, node: number, position: number): Lies {
  const index = Math.floor(position / FORMAT.leafBytes);
  const chunk = new Uint8Array(FORMAT.leafBytes);
  chunk.set(traces[shard]!.tensors(node).subarray(index * FORMAT.leafBytes, (index + 1) * FORMAT.leafBytes));
  chunk[position % FORMAT.leafBytes]! ^= 1 << r.between(0, 7);
  return { ...NO_LIES, chunks: new Map([[chunkPlace(shape, shard, node, index), chunk]]) };
}

function missingLeaf(r: Random, claim: Claim, shard: number, kind: "nodes" | "chunks"): Lies | undefined {
  const { shape } = claim;
  const node = r.pick(nodesOf(claim, isComputed));
  const [count, first]: [number, Place] =
    kind === "nodes"
      ? [shape.nodes, nodePlace(shape, shard, 0)]
      : [shape.leaves[node]!, chunkPlace(shape, shard, node, 0)];
  const place = beyond(r, count, first);
  return place === undefined ? undefined : { ...NO_LIES, hashes: new Map([[place, randomHash(r)]]) };
}

function missingShard(r: Random, { shape }: Claim): Lies | undefined {
  const place = beyond(r, shape.shards, 2 ** shardDepth(shape));
  return place === undefined ? undefined : { ...NO_LIES, outputs: new Map([[place, randomHash(r)]]) };
}

function beyond(r: Random, count: number, first: Place): Place | undefined {
  const all = 2 ** treeDepth(count);
  return all === count ? undefined : first + r.between(count, all - 1);
}

/** Everything that either of two lies says; the first one wins where both speak. */
export function both(a: Lies, b: Lies): Lies {
  return {
    chunks: new Map([...b.chunks, ...a.chunks]),
    hashes: new Map([...b.hashes, ...a.hashes]),
    outputs: new Map([...b.outputs, ...a.outputs]),
  };
}
