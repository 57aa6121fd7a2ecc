import type { UnitRecord } from "../chain/index.ts";
import { AbortedError } from "../common/index.ts";
import { ClaimTree, MerkleTree, toBytes, type Sha256, type Tensor } from "../tensor/index.ts";
import type { JobSession } from "./job-session.ts";

/** Values of a shard are needed that are not held; `hold` that shard and try again. */
export class ShardNotHeldError extends Error {
  /** Position within the claim. */
  readonly shard: number;

  constructor(shard: number) {
    super(`the values of shard ${String(shard)} are not held`);
    this.shard = shard;
  }
}

/**
 * One's own computation of a unit: the roots of all values, and the values themselves of one shard at a time, computed again when they are
 * needed, so that memory does not grow with the unit.
 */
export class UnitTrace {
  /** Roots of every node's output, per shard of the unit. */
  readonly nodeRoots: readonly (readonly Uint8Array[])[];
  readonly tree: ClaimTree;
  /** The tree under the job's inputs root. */
  readonly inputs: MerkleTree;
  readonly #session: JobSession;
  readonly #from: number;
  #held: { readonly shard: number; readonly values: readonly Tensor[] } | undefined;

  constructor(
    session: JobSession,
    from: number,
    nodeRoots: readonly (readonly Uint8Array[])[],
    slotRoots: readonly Uint8Array[],
    sha256: Sha256,
  ) {
    this.#session = session;
    this.#from = from;
    this.nodeRoots = nodeRoots;
    this.tree = new ClaimTree(nodeRoots, this.bytes, sha256);
    this.inputs = MerkleTree.fromLeaves(slotRoots, sha256);
  }

  /** Bytes of a node's output of the held shard. @throws ShardNotHeldError for another shard */
  readonly bytes = (shard: number, node: number): Uint8Array => {
    if (this.#held?.shard !== shard) throw new ShardNotHeldError(shard);
    return toBytes(this.#held.values[node] as Tensor);
  };

  /** Computes the values of one shard again and keeps them until the next call. */
  async hold(shard: number): Promise<void> {
    if (this.#held?.shard === shard) return;
    const { values } = await this.#session.compute(await this.#session.loadShard(this.#from + shard));
    this.#held = { shard, values };
  }

  /** Runs `action`, holding whichever shard it turns out to need. */
  async holding<T>(action: () => T): Promise<T> {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof ShardNotHeldError)) throw error;
        await this.hold(error.shard);
      }
    }
  }
}

/** Downloads and computes all shards of a unit. @throws UnavailableError when inputs are missing, AbortedError when the signal aborts */
export async function traceUnit(
  session: JobSession,
  unit: Pick<UnitRecord, "from" | "to">,
  options: { sha256: Sha256; signal: AbortSignal; onShard?: (done: number, total: number) => void },
): Promise<UnitTrace> {
  const nodeRoots: Uint8Array[][] = [];
  for (let shard = unit.from; shard < unit.to; shard++) {
    if (options.signal.aborted) throw new AbortedError("stopped while computing a unit");
    nodeRoots.push((await session.compute(await session.loadShard(shard))).nodeRoots);
    options.onShard?.(nodeRoots.length, unit.to - unit.from);
  }
  return new UnitTrace(session, unit.from, nodeRoots, await session.slotRoots(), options.sha256);
}
