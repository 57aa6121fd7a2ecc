import type { UnitRecord } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";
import type { KnownClaim } from "@orion/protocol/disputes";
import { parseDocument, type ServiceContext, type UnitTrace } from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import { byteLength, sameHash, type Program, type ProgramNode } from "@orion/protocol/tensor";

/**
 * Learns what the worker published with its commit: all node roots, and the output tensor of the first shard that differs if only that is wrong.
 * Whatever is missing or does not hash to the claim is passed over: it is demanded on chain then.
 */
export async function learnPublished(
  context: ServiceContext,
  known: KnownClaim,
  unit: UnitRecord,
  program: Program,
  own: UnitTrace,
  signal: AbortSignal,
): Promise<void> {
  try {
    const where = `the outputs of claim ${unit.key}`;
    const document = parseDocument(
      "outputs/1",
      await context.store.getDag(dagCidFromDigest(unit.outputs), { signal }),
      where,
    );
    const nodes = program.nodes.length;
    const flat = await context.store.getBytes(document.roots, { maxBytes: 32 * nodes * (unit.to - unit.from), signal });
    const rootAt = (shard: number, node: number): Uint8Array =>
      flat.subarray(32 * (shard * nodes + node), 32 * (shard * nodes + node + 1));
    const shards = unit.to - unit.from;
    if (flat.length !== 32 * nodes * shards) return;
    const nodeRoots = Array.from({ length: shards }, (_, s) => Array.from({ length: nodes }, (_, n) => rootAt(s, n)));
    if (!known.learnNodeRoots(nodeRoots)) return;
    const shard = nodeRoots.findIndex((roots, s) =>
      roots.some((root, n) => !sameHash(root, own.nodeRoots[s]?.[n] ?? new Uint8Array())),
    );
    const link = document.shards[shard];
    if (link === undefined) return;
    const output = program.nodes[program.outputNode] as ProgramNode;
    const bytes = await context.store.getBytes(link, { maxBytes: byteLength(output), signal });
    known.learnTensor(shard, program.outputNode, bytes);
  } catch (error) {
    if (!(error instanceof OrionError)) throw error;
    context.log.debug({ key: unit.key }, `the worker's publication does not help: ${error.message}`);
  }
}
