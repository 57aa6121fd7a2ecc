import {
  inputsTree,
  outputsTree,
  programRoot,
  shardLeaf,
  shardTrace,
  tensorLeaves,
  tensorRoot,
  toBytes,
  type MerkleTree,
  type Program,
  type ProofSource,
  type ShardTrace,
  type Tensor,
} from "@orion/protocol/tensor";

import { sourceOf } from "../../protocol/tensor/validate.ts";
import { nodeSha256 } from "./node-sha256.ts";

/** A claim's facts as contracts take them. */
export interface Facts {
  readonly outputsRoot: Uint8Array;
  readonly programRoot: Uint8Array;
  readonly inputsRoot: Uint8Array;
  readonly challengers: Uint8Array;
  readonly shards: number;
  readonly from: number;
  readonly to: number;
  readonly worker: string;
  readonly windowEnd: number;
  readonly profile: number;
}

export interface ClaimFixture {
  readonly program: Program;
  readonly facts: Facts;
  /** The outputs tree, whose root the facts hold. */
  readonly outputs: MerkleTree;
  /** What proofs about one shard (absolute) are built from. */
  readonly source: (shard: number) => ProofSource;
  /** The trace of one shard (absolute). */
  readonly trace: (shard: number) => ShardTrace;
  /** Values of the claim by shard (within the claim) and node. */
  readonly tensors: readonly (readonly Tensor[])[];
}

export interface ClaimOptions {
  /** Absolute index of the first shard. */
  readonly from?: number;
  /** Shards of the whole job. */
  readonly shards?: number;
  /** Further shards of the claim, behind the given ones, whose values no test opens. */
  readonly strangers?: number;
  /** Replaces bytes of the claim after the given roots were taken: to alter inputs, constants or padding. */
  readonly alter?: (shard: number, node: number, bytes: Uint8Array) => Uint8Array;
}

const ZERO_ADDRESS = `0x${"00".repeat(20)}`;

/** Root that stands for a slot of a shard which no test opens. */
function strangerRoot(shard: number, slot: number): Uint8Array {
  return nodeSha256.digest(new Uint8Array([shard & 255, shard >> 8, slot]));
}

/**
 * A claim over the given tensors, one list in node order for every shard of the claim, true or not. Input and constant
 * nodes hold the tensors that job and program fix, unless `alter` says otherwise.
 */
export function makeClaim(
  program: Program,
  tensors: readonly (readonly Tensor[])[],
  options: ClaimOptions = {},
): ClaimFixture {
  const { from = 0, strangers = 0, shards = from + tensors.length + strangers } = options;
  const alter = options.alter ?? ((_shard: number, _node: number, bytes: Uint8Array): Uint8Array => bytes);
  const fixed = tensors.map((nodes) => nodes.map((value) => toBytes(value)));
  const claimed = fixed.map((nodes, shard) => nodes.map((bytes, node) => alter(shard, node, bytes)));
  const slots = (shard: number, wanted: "shared" | "shard"): Uint8Array[] => {
    const roots: Uint8Array[] = [];
    for (const [index, node] of program.nodes.entries()) {
      if (sourceOf(node) === wanted) roots[node.attrs[1]!] = tensorRoot(fixed[shard]![index]!, nodeSha256);
    }
    return roots;
  };
  const shardRoots = Array.from({ length: shards }, (_, shard) => {
    if (shard >= from && shard < from + tensors.length) return slots(shard - from, "shard");
    return Array.from({ length: program.shardSlots }, (_, slot) => strangerRoot(shard, slot));
  });
  const inputs = inputsTree(slots(0, "shared"), shardRoots, nodeSha256);
  const roots = claimed.map((nodes) => nodes.map((bytes) => tensorRoot(bytes, nodeSha256)));
  for (let shard = 0; shard < strangers; shard++) roots.push(program.nodes.map((_, node) => strangerRoot(shard, node)));
  const leaves = roots.map((nodes) =>
    shardLeaf(
      program.outputNodes.map((node) => nodes[node]!),
      nodeSha256,
    ),
  );
  const outputs = outputsTree(leaves, nodeSha256);
  const traces = roots.map((nodes, shard) =>
    shardTrace(nodes, (node) => tensorLeaves(claimed[shard]![node]!, nodeSha256), nodeSha256),
  );
  const trace = (shard: number): ShardTrace => traces[shard - from]!;
  const facts: Facts = {
    outputsRoot: outputs.root,
    programRoot: programRoot(program, nodeSha256),
    inputsRoot: inputs.root,
    challengers: new Uint8Array(32),
    shards,
    from,
    to: from + tensors.length + strangers,
    worker: ZERO_ADDRESS,
    windowEnd: 0,
    profile: 0,
  };
  const source = (shard: number): ProofSource => ({
    program,
    trace: trace(shard),
    shard,
    claimed: (node) => claimed[shard - from]![node]!,
    given: (node) => fixed[shard - from]![node]!,
    inputs,
  });
  return { program, facts, outputs, source, trace, tensors };
}
