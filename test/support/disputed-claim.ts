import { AbiCoder, hexlify, keccak256 } from "ethers";

import {
  ancestor,
  answerAt,
  answerOutput,
  claimShape,
  depthOf,
  nodeOf,
  positionOf,
  sibling,
  subjectOf,
  tensorTop,
  type ClaimShape,
  type OutputRange,
  type Place,
} from "@orion/protocol/disputes";
import { nodeFacts, proofHeader, type ClaimTree, type ProofHeader } from "@orion/protocol/tensor";

import type { ClaimFixture, Facts } from "./claim-fixture.ts";
import { nodeSha256 } from "./node-sha256.ts";

export interface NodeEntry {
  readonly descriptor: Uint8Array | string;
  readonly path: Uint8Array[];
}

export interface PlacedHash {
  readonly place: Place;
  readonly hash: string;
  readonly path: Uint8Array[];
}

/** A claim as the parties of a dispute see it: everything that a demand or an answer needs. */
export interface DisputedClaim {
  readonly facts: Facts;
  readonly shape: ClaimShape;
  readonly header: ProofHeader;
  readonly tree: ClaimTree;
  /** Descriptor of a node with its path. */
  entry(node: number): NodeEntry;
  /** Descriptor where a demand with a path of `levels` hashes must carry it, else nothing. */
  entryFor(place: Place, levels?: number): NodeEntry;
  hash(place: Place): string;
  /** The hash at a place with its path to the anchor `levels` above; to the claim root unless told. */
  placed(place: Place, levels?: number): PlacedHash;
  /** The right answer at a place: children's hashes, or the chunk. */
  answer(place: Place): string;
  /** The right answer to a demand for output chunks. */
  opening(range: OutputRange): { chunks: Uint8Array; path: Uint8Array[] };
  subject(place: Place): string;
}

export const NO_ENTRY: NodeEntry = { descriptor: "0x", path: [] };

const FACT_TYPES = ["bytes32", "bytes32", "bytes32", "uint32", "uint32", "uint32", "address", "uint40", "uint8"];

/** What a market records: the hash of a claim's facts. */
export function factsHash(facts: Facts): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(FACT_TYPES, Object.values(facts)));
}

/** The parties' view of a claim fixture; its claim source must be the whole tree. */
export function disputedClaim(fixture: ClaimFixture, facts: Partial<Facts> = {}): DisputedClaim {
  const { program, source } = fixture;
  const tree = source.claim as ClaimTree;
  const shape = claimShape(program, fixture.facts.to - fixture.facts.from);
  const hash = (place: Place): string => hexlify(tree.hash(positionOf(shape, place)));

  const entry = (node: number): NodeEntry => {
    const { descriptor, descriptorPath } = nodeFacts(program, { shard: 0, node }, nodeSha256);
    return { descriptor, path: [...descriptorPath] };
  };
  return {
    facts: { ...fixture.facts, ...facts },
    shape,
    header: proofHeader(program, nodeSha256),
    tree,
    entry,
    entryFor(place, levels = depthOf(place)) {
      const top = tensorTop(shape);
      const crosses = depthOf(place) >= top && depthOf(ancestor(place, levels)) < top;
      return crosses ? entry(nodeOf(shape, place)) : NO_ENTRY;
    },
    hash,
    placed(place, levels = depthOf(place)) {
      const path = Array.from({ length: levels }, (_, up) =>
        tree.hash(positionOf(shape, sibling(ancestor(place, up)))),
      );
      return { place, hash: hash(place), path };
    },
    answer: (place) => hexlify(answerAt({ tree, tensors: source.claimed }, shape, place)),
    opening: (range) => answerOutput({ tree, tensors: source.claimed }, source.from, program.outputNode, range),
    subject: (place) => subjectOf(place, hash(place)),
  };
}
