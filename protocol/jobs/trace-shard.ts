import { InvalidInputError } from "../common/errors.ts";
import type { TracedNode } from "../kernels/index.ts";
import { hashAt, shardLeaf, ShardTrace, tensorLeaves, toBytes, type Sha256, type Tensor } from "../tensor/index.ts";
import type { JobSession } from "./job-session.ts";

export interface TraceShardOptions {
  readonly sha256: Sha256;
  readonly signal?: AbortSignal;
  /**
   * Keep the values of all nodes (the default), so that `bytes` and `leaves` give them at once. Otherwise only the roots stay, `onNode` is
   * the place to store chunk hashes, and `loadNodes` computes values once more.
   */
  readonly hold?: boolean;
  readonly onNode?: (traced: TracedNode) => void | Promise<void>;
}

/** The whole computation of one shard, as it stands below a shard's root. */
export interface TracedShard {
  /** Number in the job. */
  readonly shard: number;
  /** Tensor roots of all nodes, one behind another. */
  readonly nodeRoots: Uint8Array;
  /** Roots of the outputs, and the shard's leaf in the outputs tree. */
  readonly outputRoots: readonly Uint8Array[];
  readonly leaf: Uint8Array;
  /** Asks `leaves` for chunk hashes. */
  readonly trace: ShardTrace;
  /** Bytes of a node's tensor. @throws InvalidInputError where values are not held */
  bytes(node: number): Uint8Array;
  /** Chunk hashes of a node's tensor, one behind another. @throws InvalidInputError where values are not held */
  leaves(node: number): Uint8Array;
  /** Bytes of some nodes' tensors; computed once more where values are not held. */
  loadNodes(nodes: readonly number[]): Promise<Uint8Array[]>;
}

/**
 * Computes one shard of a job with all its hashes, by the same kernels that compute outputs.
 * @throws UnavailableError when inputs are missing, AbortedError when a signal aborts
 */
export async function traceShard(session: JobSession, shard: number, options: TraceShardOptions): Promise<TracedShard> {
  const { sha256, signal, hold = true, onNode } = options;
  const inputs = await session.loadShard(shard, signal);
  const { nodeRoots, values } = await session.trace(inputs, {
    hold,
    ...(signal === undefined ? {} : { signal }),
    ...(onNode === undefined ? {} : { onNode }),
  });
  const outputRoots = session.loaded.program.outputNodes.map((node) => hashAt(nodeRoots, node));
  const bytes = (node: number): Uint8Array => toBytes(heldValue(values, shard, node));
  const leaves = (node: number): Uint8Array => tensorLeaves(bytes(node), sha256);
  return {
    shard,
    nodeRoots,
    outputRoots,
    leaf: shardLeaf(outputRoots, sha256),
    trace: new ShardTrace(nodeRoots, leaves, sha256),
    bytes,
    leaves,
    async loadNodes(nodes) {
      if (values !== undefined) return nodes.map(bytes);
      const again = await session.loadShard(shard, signal);
      return (await session.values(again, nodes, signal === undefined ? {} : { signal })).map((tensor) =>
        toBytes(tensor),
      );
    },
  };
}

function heldValue(values: readonly Tensor[] | undefined, shard: number, node: number): Tensor {
  const value = values?.[node];
  if (value === undefined) {
    throw new InvalidInputError(`the value of node ${String(node)} of shard ${String(shard)} is not held`);
  }
  return value;
}
