import type { UnitRecord } from "../chain/index.ts";
import { AbortedError, toHex } from "../common/index.ts";
import { outputsTree, type MerkleTree, type Sha256 } from "../tensor/index.ts";
import type { ComputedShard, JobSession, ShardInputs } from "./job-session.ts";

/** The outputs of one unit. */
export interface ComputedUnit {
  readonly from: number;
  readonly to: number;
  /** In the order of the unit's shards. */
  readonly shards: readonly ComputedShard[];
  /** The outputs tree; its root is what a claim commits to. */
  readonly tree: MerkleTree;
}

export interface ComputeOptions {
  readonly sha256: Sha256;
  readonly signal: AbortSignal;
  /** Inputs that were downloaded before, in the order of the unit's shards; fetched shard by shard unless given. */
  readonly inputs?: readonly ShardInputs[];
  readonly onShard?: (done: number, total: number) => void;
}

/** Names the inputs of a shard: two shards of one job with the same name have the same values everywhere. */
export function inputsName({ roots }: Pick<ShardInputs, "roots">): string {
  return roots.map((root) => toHex(root)).join("");
}

/**
 * Computes the outputs of all shards of a unit; of shards with the same inputs only once. Nothing but outputs is hashed.
 * @throws UnavailableError when inputs are missing, AbortedError when the signal aborts
 */
export async function computeUnit(
  session: JobSession,
  { from, to }: Pick<UnitRecord, "from" | "to">,
  options: ComputeOptions,
): Promise<ComputedUnit> {
  const { sha256, signal, onShard } = options;
  const known = new Map<string, ComputedShard>();
  const shards: ComputedShard[] = [];
  for (let shard = from; shard < to; shard++) {
    if (signal.aborted) throw new AbortedError("stopped while computing a unit");
    const inputs = options.inputs?.[shard - from] ?? (await session.loadShard(shard));
    const name = inputsName(inputs);
    const computed = known.get(name) ?? (await session.compute(inputs, { signal }));
    known.set(name, computed);
    shards.push(computed);
    onShard?.(shards.length, to - from);
  }
  const tree = outputsTree(
    shards.map(({ leaf }) => leaf),
    sha256,
  );
  return { from, to, shards, tree };
}
