import type { UnitRecord } from "@orion/protocol/chain";
import { computeUnit, traceShard, type JobSession, type TracedShard } from "@orion/protocol/jobs";
import type { OwnTrace } from "@orion/protocol/disputes";
import {
  dtypeMax,
  dtypeMin,
  evaluateElement,
  fromBytes,
  outputsTree,
  shardLeaf,
  shardTrace,
  tensorLeaves,
  tensorRoot,
  toBytes,
  type MerkleTree,
  type Program,
  type ProgramNode,
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

/** One shard as it is claimed. */
export interface ClaimedTrace extends OwnTrace {
  readonly nodeRoots: readonly Uint8Array[];
}

/** A unit of which one shard was computed wrongly from one value on; all its trees are consistent with that. */
export interface AlteredUnit {
  readonly alteration: Alteration;
  /** By shard of the unit. */
  readonly outputs: readonly (readonly Tensor[])[];
  readonly outputRoots: readonly (readonly Uint8Array[])[];
  readonly tree: MerkleTree;
  /** The trace of a shard (within the unit). */
  trace(shard: number): Promise<ClaimedTrace>;
}

/** Values of one node that are tried, and for each the largest and the smallest that its type holds. */
const ATTEMPTS = 4;

/**
 * Computes a unit and alters one random value of one random shard in the middle of the network; what follows from it is computed on, so that the outputs are wrong as well.
 * @param random from 0 to below 1
 */
export async function alterUnit(
  session: JobSession,
  unit: Pick<UnitRecord, "from" | "to">,
  sha256: Sha256,
  random: () => number = Math.random,
): Promise<AlteredUnit> {
  const { program } = session.loaded;
  const signal = new AbortController().signal;
  const computed = await computeUnit(session, unit, { sha256, signal });
  const position = Math.floor(random() * (unit.to - unit.from));
  const traced = await traceShard(session, unit.from + position, { sha256, signal });
  const { values, ...alteration } = alterShard(program, valuesOf(program, traced), random);
  const wrong = claimedTrace(values, sha256);
  const outputs = computed.shards.map((shard, s) =>
    s === position ? program.outputNodes.map((node) => values[node] as Tensor) : shard.outputs,
  );
  const outputRoots = computed.shards.map((shard, s) =>
    s === position ? program.outputNodes.map((node) => wrong.nodeRoots[node] as Uint8Array) : shard.outputRoots,
  );
  return {
    alteration: { shard: unit.from + position, ...alteration },
    outputs,
    outputRoots,
    tree: outputsTree(
      outputRoots.map((roots) => shardLeaf(roots, sha256)),
      sha256,
    ),
    trace: async (shard) =>
      shard === position
        ? wrong
        : claimedTrace(valuesOf(program, await traceShard(session, unit.from + shard, { sha256, signal })), sha256),
  };
}

function valuesOf(program: Program, traced: TracedShard): Tensor[] {
  return program.nodes.map((node, index) => fromBytes(node, traced.bytes(index).slice()));
}

function claimedTrace(values: readonly Tensor[], sha256: Sha256): ClaimedTrace {
  const bytes = values.map((value) => toBytes(value));
  const nodeRoots = bytes.map((of) => tensorRoot(of, sha256));
  const tensors = (node: number): Uint8Array => bytes[node] as Uint8Array;
  return { nodeRoots, tensors, tree: shardTrace(nodeRoots, (node) => tensorLeaves(tensors(node), sha256), sha256) };
}

/** Tries hidden values until one changes an output, from the middle of the network on. */
function alterShard(
  program: Program,
  values: readonly Tensor[],
  random: () => number,
): Omit<Alteration, "shard"> & { readonly values: Tensor[] } {
  for (const node of hiddenNodes(program)) {
    const honest = values[node] as Tensor;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const element = Math.floor(random() * honest.data.length);
      const actual = honest.data[element] as number;
      for (const claimed of [dtypeMax(honest.dtype), dtypeMin(honest.dtype)]) {
        if (claimed === actual) continue;
        const altered = recomputed(program, values, { node, element, claimed });
        const isWrong = program.outputNodes.some(
          (output) => !sameData(altered[output] as Tensor, values[output] as Tensor),
        );
        if (isWrong) return { node, element, claimed, actual, values: altered };
      }
    }
  }
  throw new Error("no hidden value changes an output");
}

/** The values of a shard with one of them replaced, and everything computed anew that follows from it. */
function recomputed(
  program: Program,
  values: readonly Tensor[],
  { node, element, claimed }: { readonly node: number; readonly element: number; readonly claimed: number },
): Tensor[] {
  const altered = values.map((value) => ({ ...value, data: value.data.slice() }));
  (altered[node] as Tensor).data[element] = claimed;
  const changed = new Map([[node, rowOf(program.nodes[node] as ProgramNode, element)]]);
  for (const [index, of] of program.nodes.entries()) {
    if (index <= node || of.op === "input" || of.op === "constant") continue;
    const rows = of.operands.flatMap(({ node: operand }) => changed.get(operand) ?? []);
    const [row] = rows;
    if (row === undefined) continue;
    const { data } = altered[index] as Tensor;
    // Rows of a batch do not see each other; where the first axis is another one everything is computed.
    const keepsRows = of.dims[0] === (program.nodes[node] as ProgramNode).dims[0];
    const length = keepsRows ? data.length / of.dims[0] : data.length;
    const first = keepsRows ? row * length : 0;
    for (let i = first; i < first + length; i++) data[i] = evaluateElement(program, index, altered, i);
    changed.set(index, row);
  }
  return altered;
}

function rowOf({ dims }: ProgramNode, element: number): number {
  const [rows, ...rest] = dims;
  return Math.floor(element / rest.reduce((product, extent) => product * extent, 1)) % rows;
}

function sameData(a: Tensor, b: Tensor): boolean {
  return a.data.every((value, i) => value === b.data[i]);
}

/** Computed nodes that are no outputs, from the middle one of the network's contractions on: nobody sees their values but who recomputes them. */
function hiddenNodes({ nodes, outputNodes }: Program): number[] {
  const computed = nodes.flatMap(({ op }, i) =>
    op === "input" || op === "constant" || outputNodes.includes(i) ? [] : [i],
  );
  const contractions = computed.filter((i) => nodes[i]?.op === "conv2d" || nodes[i]?.op === "matmul");
  const from = contractions[Math.floor(contractions.length / 2)] ?? 0;
  const later = computed.filter((i) => i >= from);
  // A program may have nothing but outputs.
  return later.length > 0 ? later : [...outputNodes];
}
