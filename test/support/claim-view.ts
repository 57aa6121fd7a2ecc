import { AbiCoder, concat, hexlify, keccak256 } from "ethers";

import {
  ancestor,
  claimShape,
  depthOf,
  nodeOf,
  placeOnChain,
  shardDepth,
  shardOf,
  shardPlace,
  spanOf,
  tensorTop,
  tracePosition,
  traceDemandOnChain,
  type ClaimShape,
  type Place,
  type Tree,
} from "@orion/protocol/disputes";
import {
  MAX_SPAN,
  chunkCount,
  nodeFacts,
  outputsTree,
  pathIn,
  proofHeader,
  tensorLeaves,
  treeDepth,
  MerkleTree,
  type ProofHeader,
} from "@orion/protocol/tensor";

import type { ClaimFixture, Facts } from "./claim-fixture.ts";
import { nodeSha256 } from "./node-sha256.ts";

export interface NodeEntry {
  readonly descriptor: Uint8Array | string;
  readonly path: Uint8Array[];
}

export interface Placed {
  readonly place: bigint;
  readonly hash: string;
  readonly path: Uint8Array[];
}

/** Sixteen chunks of an output, as the judge names them. */
export interface Block {
  readonly shard: number;
  readonly output: number;
  readonly index: number;
}

/** The answer to a demand for a trace. */
export interface TraceReply {
  readonly shard: number;
  readonly shardRoot: Uint8Array;
  readonly data: string;
  readonly outputRoots: Uint8Array[];
  readonly paths: Uint8Array[];
}

/** A claim as the parties of a dispute see it: everything that a demand or an answer needs. Shards are counted within the claim. */
export interface ClaimView {
  readonly fixture: ClaimFixture;
  readonly facts: Facts;
  readonly shape: ClaimShape;
  readonly header: ProofHeader;
  /** Descriptor of a node with its path. */
  entry(node: number): NodeEntry;
  /** Descriptor where a demand with a path of `levels` hashes must carry it, else nothing. */
  entryFor(tree: Tree, place: Place, levels: number): NodeEntry;
  /** Hashes from a place to the outputs root, or to the root of its shard's trace. */
  levelsToRoot(tree: Tree, place: Place): number;
  hash(tree: Tree, place: Place): string;
  placed(tree: Tree, place: Place, levels: number): Placed;
  onChain(tree: Tree, place: Place): bigint;
  /** The right answer at a place: children's hashes, or the chunk. */
  answer(tree: Tree, place: Place): string;
  traceReply(shard: number): TraceReply;
  /** The right answer to a demand for output chunks, and the number of chunks. */
  outputOpening(block: Block): { chunks: Uint8Array; path: Uint8Array[] };
  subject(tree: Tree, place: Place): string;
  traceSubject(shard: number): string;
}

export const NO_ENTRY: NodeEntry = { descriptor: "0x", path: [] };

const FACT_TYPES = [
  ...["bytes32", "bytes32", "bytes32", "bytes32", "uint32", "uint32", "uint32", "address", "uint40", "uint8"],
];

/** What a market records: the hash of a claim's facts. */
export function factsHash(facts: Facts): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(FACT_TYPES, Object.values(facts)));
}

function subjectAt(place: bigint, hash: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "bytes32"], [place, hash]));
}

/** The parties' view of a claim. */
export function claimView(fixture: ClaimFixture, changes: Partial<Facts> = {}): ClaimView {
  const { program, facts, outputs } = fixture;
  const shape = claimShape(program, facts.to - facts.from);
  const traceOf = (place: Place) => fixture.trace(facts.from + shardOf(shape, place));
  const inOutputs = (place: Place): { level: number; index: number } => {
    const depth = depthOf(place);
    return { level: shardDepth(shape) - depth, index: place - 2 ** depth };
  };
  const hashAt = (tree: Tree, place: Place): Uint8Array => {
    if (tree === "trace") return traceOf(place).hash(tracePosition(shape, place));
    const { level, index } = inOutputs(place);
    return outputs.hash(level, index);
  };
  const pathOf = (tree: Tree, place: Place): Uint8Array[] =>
    tree === "trace" ? traceOf(place).path(tracePosition(shape, place)) : pathIn(outputs, inOutputs(place));
  const hash = (tree: Tree, place: Place): string => hexlify(hashAt(tree, place));
  const onChain = placeOnChain;
  const entry = (node: number): NodeEntry => {
    const { descriptor, descriptorPath } = nodeFacts(program, node, nodeSha256);
    return { descriptor, path: [...descriptorPath] };
  };
  return {
    fixture,
    facts: { ...facts, ...changes },
    shape,
    header: proofHeader(program, nodeSha256),
    entry,
    entryFor(tree, place, levels) {
      const top = tensorTop(shape);
      const crosses = tree === "trace" && depthOf(place) >= top && depthOf(ancestor(place, levels)) < top;
      return crosses ? entry(nodeOf(shape, place)) : NO_ENTRY;
    },
    levelsToRoot: (tree, place) => depthOf(place) - (tree === "trace" ? shardDepth(shape) : 0),
    hash,
    placed: (tree, place, levels) => ({
      place: onChain(tree, place),
      hash: hash(tree, place),
      path: pathOf(tree, place).slice(0, levels),
    }),
    onChain,
    answer(tree, place) {
      const span = spanOf(shape, tree, place);
      if (span > 0) {
        const below = Array.from({ length: 2 ** span }, (_, i) => hashAt(tree, place * 2 ** span + i));
        return hexlify(concat(below));
      }
      const node = nodeOf(shape, place);
      const bytes = fixture.source(facts.from + shardOf(shape, place)).claimed(node);
      const chunk = place % 2 ** (depthOf(place) - tensorTop(shape));
      return hexlify(chunksOf(bytes, chunk, 1));
    },
    traceReply(shard) {
      const trace = fixture.trace(facts.from + shard);
      const depth = treeDepth(shape.nodes);
      const below = depth - Math.min(MAX_SPAN, depth);
      const top = { tree: "nodes", level: depth, index: 0 } as const;
      const apart = below === 0 ? [] : program.outputNodes;
      return {
        shard: facts.from + shard,
        shardRoot: trace.root,
        data: hexlify(concat(trace.children(top))),
        outputRoots: apart.map((node) => trace.nodeRoot(node)),
        paths: apart.flatMap((node) => trace.proveNode(node).inShard.slice(0, below)),
      };
    },
    outputOpening({ shard, output, index }) {
      const node = program.outputNodes[output] ?? 0;
      const bytes = fixture.source(shard).claimed(node);
      const count = chunkCount(bytes.length);
      const last = Math.min(16 * index + 16, count) - 1;
      const tensor = new MerkleTree(tensorLeaves(bytes, nodeSha256), nodeSha256);
      const roots = program.outputNodes.map((of) => fixture.trace(shard).nodeRoot(of));
      const path = [
        ...tensor.rangeProof(16 * index, last),
        ...pathIn(outputsTree(roots, nodeSha256), { level: 0, index: output }),
        ...pathOf("outputs", shardPlace(shape, shard - facts.from)),
      ];
      return { chunks: chunksOf(bytes, 16 * index, last + 1 - 16 * index), path };
    },
    subject: (tree, place) => subjectAt(onChain(tree, place), hash(tree, place)),
    traceSubject(shard) {
      const place = shardPlace(shape, shard);
      return subjectAt(traceDemandOnChain(place), hash("outputs", place));
    },
  };
}

/** Whole chunks of a tensor, the last one filled up with zeros. */
function chunksOf(bytes: Uint8Array, first: number, count: number): Uint8Array {
  const chunks = new Uint8Array(1024 * count);
  chunks.set(bytes.subarray(1024 * first, 1024 * (first + count)));
  return chunks;
}
