import type { UnitRecord } from "../chain/index.ts";
import { OrionError } from "../common/index.ts";
import type { KnownClaim } from "../disputes/index.ts";
import { openOutputs, type CheckedProgram, type OpenedOutputs, type ServiceContext } from "../jobs/index.ts";
import { toBytes } from "../tensor/index.ts";

/**
 * Learns the leaves of all shards from what the worker published with its commit. Undefined where it is missing or does not hash to the claim: it is demanded on chain then.
 */
export async function learnPublished(
  context: ServiceContext,
  known: KnownClaim,
  unit: UnitRecord,
  program: CheckedProgram,
  signal: AbortSignal,
): Promise<OpenedOutputs | undefined> {
  try {
    const published = await openOutputs(context.store, unit, program, { sha256: context.sha256, signal });
    return known.learnLeaves(published.leaves) ? published : undefined;
  } catch (error) {
    if (!(error instanceof OrionError)) throw error;
    context.log.debug({ key: unit.key }, `the worker's publication does not help: ${error.message}`);
    return undefined;
  }
}

/** Learns an output of a shard (relative to the claim) whose trace is answered, as the worker published it; false where that does not help. */
export async function learnOutput(
  context: ServiceContext,
  known: KnownClaim,
  published: OpenedOutputs,
  shard: number,
  output: { readonly index: number; readonly node: number },
): Promise<boolean> {
  try {
    const tensor = await published.load(published.from + shard, output.index);
    return known.learnTensor(shard, output.node, toBytes(tensor));
  } catch (error) {
    if (!(error instanceof OrionError)) throw error;
    context.log.debug({ shard }, `the published output does not help: ${error.message}`);
    return false;
  }
}
