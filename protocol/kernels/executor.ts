import { InvalidInputError, UnavailableError } from "../common/errors.ts";
import { attr } from "../tensor/ops/operator.ts";
import { describeType, sameType } from "../tensor/shape.ts";
import { toBytes } from "../tensor/tensor-bytes.ts";
import { HASH_BYTES, pureSha256, type Sha256 } from "../tensor/tree/sha256.ts";
import type { Program, ProgramNode, Tensor, TensorType, TypedData } from "../tensor/types.ts";
import type { Backend } from "./backend.ts";
import { hashTensor, type TensorHashes } from "./hash-tensor.ts";
import type { NodeRunner } from "./kernel-set.ts";
import { planRun } from "./lifetimes.ts";
import { computeNode } from "./ops/table.ts";
import { createPause, type Pause } from "./pause.ts";
import { prepareRunners } from "./runners.ts";

/** The tensors of one run, by slot. */
export interface RunInputs {
  readonly shared: readonly Tensor[];
  readonly shard: readonly Tensor[];
}

/** Tensor roots of inputs that are already known, by slot; the others are hashed. */
export interface KnownRoots {
  readonly shared?: readonly Uint8Array[];
  readonly shard?: readonly Uint8Array[];
}

export interface RunOptions {
  readonly signal?: AbortSignal;
}

/** Bytes `from` (inclusive) to `to` (exclusive) of a node's tensor; what lies beyond its end is left out. */
export interface Excerpt {
  readonly node: number;
  readonly from: number;
  readonly to: number;
}

/** A computed node as tracing passes by it: its tensor's bytes and their chunk hashes, one behind another. */
export interface TracedNode extends TensorHashes {
  readonly node: number;
  readonly bytes: Uint8Array;
}

export interface TraceOptions extends RunOptions {
  readonly sha256?: Sha256;
  readonly known?: KnownRoots;
  /** Keep every node's tensor: more memory, but no second pass for their values. */
  readonly hold?: boolean;
  /** Called for every computed node, in order; what it is given may be kept, not written to. */
  readonly onNode?: (traced: TracedNode) => void | Promise<void>;
}

/** What one traced run leaves. */
export interface RunTrace {
  /** Tensor roots of all nodes, one behind another: the leaves of the shard's trace. */
  readonly nodeRoots: Uint8Array;
  readonly outputs: readonly Tensor[];
  /** Every node's tensor, in order; only where they are held. */
  readonly values: readonly Tensor[] | undefined;
}

/**
 * One program with its constants, ready to run on one backend. Tensors that it gives may share data with each other and with the
 * inputs: they are not to be written to. Every call throws InvalidInputError for missing tensors and ones of another type,
 * DeviceFaultError (retryable) if the device fails, AbortedError when `signal` aborts, in the midst of a node too.
 */
export interface Executor {
  /** The output tensors of one shard, in order, bit for bit those of `interpret`. Nothing is hashed, and nothing kept that is not read any more. */
  outputs(inputs: RunInputs, options?: RunOptions): Promise<Tensor[]>;
  /** The tensors of some nodes, in the order asked for; of all nodes unless given. */
  run(inputs: RunInputs, options?: RunOptions & { readonly nodes?: readonly number[] }): Promise<Tensor[]>;
  /** Some bytes of some nodes' tensors, in the order asked for; of the tensors themselves nothing is kept that is not read any more. */
  excerpts(inputs: RunInputs, wanted: readonly Excerpt[], options?: RunOptions): Promise<Uint8Array[]>;
  /** Runs the same kernels and hashes what every node gives. */
  trace(inputs: RunInputs, options?: TraceOptions): Promise<RunTrace>;
  /** Forgets the packed weights once what runs has ended; every later call throws UnavailableError. The backend stays: others may use it. */
  dispose(): void;
}

/** A value that a run may still need, by node. */
type Values = (Tensor | undefined)[];

/**
 * Prepares a validated program: what the backend's kernels compute is packed for them, the rest runs in plain JavaScript.
 * `constants` are in node order; they are checked for their types, not hashed again. Throws InvalidInputError.
 */
export function createExecutor(program: Program, constants: readonly Tensor[], backend: Backend): Executor {
  const fixed = constantsByNode(program, constants);
  const runners = prepareRunners(program, fixed, backend);
  const everything = program.nodes.map((_, index) => index);
  let isDisposed = false;
  let running = 0;
  const forget = (): void => {
    if (!isDisposed || running > 0) return;
    runners.single.clear();
    runners.fused.clear();
  };

  async function pass(...args: Parameters<typeof passNodes>): Promise<Values> {
    if (isDisposed) throw programClosed();
    running++;
    try {
      return await passNodes(...args);
    } finally {
      running--;
      forget();
    }
  }

  async function passNodes(
    inputs: RunInputs,
    wanted: readonly number[],
    kept: readonly number[],
    pause: Pause,
    onNode?: (index: number, tensor: Tensor) => Promise<void> | void,
  ): Promise<Values> {
    // Two nodes are computed as one where nobody asks for the first.
    const fuses = onNode === undefined && kept === program.outputNodes;
    const { needed, drops } = planRun(program, wanted, kept);
    const values: Values = new Array<Tensor | undefined>(program.nodes.length).fill(undefined);
    for (const [index, node] of program.nodes.entries()) {
      if (!needed[index]) continue;
      const pair = fuses ? runners.fused.get(index) : undefined;
      const place = pair?.follower ?? index;
      const ways = pair === undefined ? (runners.single.get(index) ?? []) : [pair.runner];
      const typed = program.nodes[place] as ProgramNode;
      const value = values[place] ?? fixed.get(index) ?? (await valueOf(node, typed, values, inputs, ways, pause));
      values[place] = value;
      await onNode?.(index, value);
      for (const done of drops[index] ?? []) values[done] = undefined;
      await pause();
    }
    return values;
  }

  const run = async (inputs: RunInputs, nodes: readonly number[], pause: Pause): Promise<Tensor[]> => {
    const values = await pass(inputs, nodes, nodes, pause);
    return nodes.map((node) => values[node] as Tensor);
  };
  return {
    outputs: (inputs, { signal } = {}) => run(inputs, program.outputNodes, createPause(signal)),
    run: (inputs, { signal, nodes = everything } = {}) => run(inputs, nodes, createPause(signal)),
    async excerpts(inputs, wanted, { signal } = {}) {
      const taken = wanted.map(() => new Uint8Array());
      const byNode = Map.groupBy(wanted.keys(), (i) => (wanted[i] as Excerpt).node);
      await pass(inputs, [...byNode.keys()], [], createPause(signal), (node, tensor) => {
        const places = byNode.get(node) ?? [];
        if (places.length === 0) return;
        const bytes = toBytes(tensor);
        for (const i of places) {
          const { from, to } = wanted[i] as Excerpt;
          taken[i] = bytes.slice(from, to);
        }
      });
      return taken;
    },
    async trace(inputs, { signal, sha256 = pureSha256, known = {}, hold = false, onNode } = {}) {
      const pause = createPause(signal);
      const nodeRoots = new Uint8Array(program.nodes.length * HASH_BYTES);
      const hash = hasher(program, known, sha256, pause);
      const kept = hold ? everything : program.outputNodes;
      const values = await pass(inputs, everything, kept, pause, async (index, tensor) => {
        const { root, traced } = await hash(index, tensor);
        nodeRoots.set(root, index * HASH_BYTES);
        if (traced !== undefined) await onNode?.(traced);
      });
      const outputs = program.outputNodes.map((node) => values[node] as Tensor);
      return { nodeRoots, outputs, values: hold ? (values as Tensor[]) : undefined };
    },
    dispose() {
      isDisposed = true;
      forget();
    },
  };
}

/** Whoever still needs a program that was closed meanwhile opens it anew. */
export function programClosed(): UnavailableError {
  return new UnavailableError("the program was closed while somebody still computed with it", { hint: "try again" });
}

function constantsByNode(program: Program, constants: readonly Tensor[]): Map<number, Tensor> {
  const fixed = new Map<number, Tensor>();
  for (const [index, node] of program.nodes.entries()) {
    if (node.op !== "constant") continue;
    fixed.set(index, given(node, constants[fixed.size], `constant ${fixed.size}`));
  }
  return fixed;
}

function given(node: ProgramNode, tensor: Tensor | undefined, name: string): Tensor {
  if (tensor === undefined) throw new InvalidInputError(`${name} is missing`);
  if (!sameType(tensor, node)) {
    throw new InvalidInputError(`${name} is ${describeType(tensor)}, but the program reads ${describeType(node)}`);
  }
  return tensor;
}

/** The value of a node, or of the one that is computed together with it: its type is `type`. */
async function valueOf(
  node: ProgramNode,
  type: TensorType,
  values: Values,
  inputs: RunInputs,
  runners: readonly NodeRunner[],
  pause: Pause,
): Promise<Tensor> {
  if (node.op === "input") {
    const slot = attr(node, 1);
    return attr(node, 0) === 0
      ? given(node, inputs.shared[slot], `shared slot ${slot}`)
      : given(node, inputs.shard[slot], `shard slot ${slot}`);
  }
  const operands = node.operands.map((operand) => values[operand.node] as Tensor);
  const data = await computed(node, operands, runners, pause);
  return { dtype: type.dtype, rank: type.rank, dims: type.dims, data };
}

async function computed(
  node: ProgramNode,
  operands: readonly Tensor[],
  runners: readonly NodeRunner[],
  pause: Pause,
): Promise<TypedData> {
  for (const runner of runners) {
    const data = await runner.run(operands, pause);
    if (data !== undefined) return data;
  }
  return computeNode(node, operands, pause);
}

/** Gives each node's root in order, and what a trace shows of a computed one. */
function hasher(
  program: Program,
  known: KnownRoots,
  sha256: Sha256,
  pause: Pause,
): (index: number, tensor: Tensor) => Promise<{ root: Uint8Array; traced?: TracedNode }> {
  // A reshape shares its operand's data and so its hashes.
  const seen = new WeakMap<TypedData, TensorHashes>();
  return async (index, tensor) => {
    const node = program.nodes[index] as ProgramNode;
    const root = knownRoot(node, known);
    if (root !== undefined) return { root };
    const bytes = toBytes(tensor);
    const hashes = seen.get(tensor.data) ?? (await hashTensor(bytes, sha256, pause));
    seen.set(tensor.data, hashes);
    return node.op === "input"
      ? { root: hashes.root }
      : { root: hashes.root, traced: { node: index, bytes, ...hashes } };
  };
}

function knownRoot(node: ProgramNode, known: KnownRoots): Uint8Array | undefined {
  if (node.op === "constant") return node.constantRoot;
  if (node.op !== "input") return undefined;
  return (attr(node, 0) === 0 ? known.shared : known.shard)?.[attr(node, 1)];
}
