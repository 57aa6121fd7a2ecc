import type { UnitRecord } from "@orion/protocol/chain";
import type { OwnClaim } from "@orion/protocol/disputes";
import type { JobSession } from "@orion/protocol/jobs";
import {
  ClaimTree,
  dtypeMax,
  tensorRoot,
  toBytes,
  type Program,
  type Sha256,
  type Tensor,
} from "@orion/protocol/tensor";

/** One value of a hidden activation, as it is and as it is claimed. */
export interface Alteration {
  /** Absolute shard. */
  readonly shard: number;
  readonly node: number;
  readonly element: number;
  readonly claimed: number;
  readonly actual: number;
}

/** A unit that was computed honestly but for one value; all its trees are consistent with the altered values. */
export interface AlteredUnit {
  readonly alteration: Alteration;
  readonly nodeRoots: readonly (readonly Uint8Array[])[];
  readonly outputs: readonly Tensor[];
  readonly claim: OwnClaim;
}

/**
 * Computes a unit and alters one random value of one random shard in the middle of the network; what follows is left as it was.
 * @param random from 0 to below 1
 */
export async function alterUnit(
  session: JobSession,
  unit: Pick<UnitRecord, "from" | "to">,
  sha256: Sha256,
  random: () => number = Math.random,
): Promise<AlteredUnit> {
  const { program } = session.loaded;
  const values: Tensor[][] = [];
  const nodeRoots: Uint8Array[][] = [];
  for (let shard = unit.from; shard < unit.to; shard++) {
    const trace = await session.compute(await session.loadShard(shard));
    values.push([...trace.values]);
    nodeRoots.push([...trace.nodeRoots]);
  }
  const node = hiddenNode(program);
  const shard = Math.floor(random() * values.length);
  const honest = values[shard]?.[node] as Tensor;
  const element = Math.floor(random() * honest.data.length);
  const actual = honest.data[element] as number;
  const claimed = actual === dtypeMax(honest.dtype) ? actual - 1 : actual + 1;
  const altered: Tensor = { ...honest, data: honest.data.slice() };
  altered.data[element] = claimed;
  (values[shard] as Tensor[])[node] = altered;
  (nodeRoots[shard] as Uint8Array[])[node] = tensorRoot(toBytes(altered), sha256);
  const tensors = (s: number, n: number): Uint8Array => toBytes(values[s]?.[n] as Tensor);
  return {
    alteration: { shard: unit.from + shard, node, element, claimed, actual },
    nodeRoots,
    outputs: values.map((all) => all[program.outputNode] as Tensor),
    claim: { tree: new ClaimTree(nodeRoots, tensors, sha256), tensors },
  };
}

/** The middle one of the network's contractions: nobody sees its values but who recomputes them. */
function hiddenNode({ nodes, outputNode }: Program): number {
  const computed = nodes.flatMap(({ op }, i) => (op === "input" || op === "constant" || i === outputNode ? [] : [i]));
  const contractions = computed.filter((i) => nodes[i]?.op === "conv2d" || nodes[i]?.op === "matmul");
  const candidates = contractions.length > 0 ? contractions : computed;
  return candidates[Math.floor(candidates.length / 2)] ?? outputNode;
}
