import { AbortedError, InvalidInputError } from "../common/errors.ts";
import { attr } from "../tensor/ops/operator.ts";
import { describeType, sameType } from "../tensor/shape.ts";
import { toBytes } from "../tensor/tensor-bytes.ts";
import { pureSha256, type Sha256 } from "../tensor/tree/sha256.ts";
import { tensorRoot } from "../tensor/tree/tensor-root.ts";
import type { Program, ProgramNode, Tensor, TypedData } from "../tensor/types.ts";
import type { Backend } from "./backend.ts";
import { prepareContraction, type Contraction } from "./contraction/contraction.ts";
import { computeNode } from "./ops/table.ts";
import { createBreather } from "./breather.ts";

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

/** One program with its constants, ready to run on one backend. */
export interface Executor {
  /**
   * The tensors of all nodes for one shard, bit for bit those of `interpret`. Tensors may share data with each other and
   * with the inputs: they are not to be written to. Throws InvalidInputError for missing tensors and ones of another
   * type, DeviceFaultError (retryable) if the device fails, AbortedError when `signal` aborts.
   */
  run(inputs: RunInputs, options?: { readonly signal?: AbortSignal }): Promise<Tensor[]>;
  /** The tensor roots of all nodes of one run, in node order: one shard's leaves of the claim tree. */
  trace(outputs: readonly Tensor[], sha256?: Sha256, known?: KnownRoots): Uint8Array[];
  /** Forgets the packed weights. The backend stays: others may use it. */
  dispose(): void;
}

/**
 * Prepares a validated program: contractions are packed for the backend's device, all other operators run here.
 * `constants` are in node order; they are checked for their types, not hashed again. Throws InvalidInputError.
 */
export function createExecutor(program: Program, constants: readonly Tensor[], backend: Backend): Executor {
  const fixed = constantsByNode(program, constants);
  const contractions = new Map<number, Contraction>();
  for (const [index, node] of program.nodes.entries()) {
    const contraction = prepare(node, fixed, backend);
    if (contraction !== undefined) contractions.set(index, contraction);
  }
  return {
    async run(inputs, { signal } = {}) {
      const breathe = createBreather();
      const values: Tensor[] = [];
      for (const [index, node] of program.nodes.entries()) {
        if (signal?.aborted === true) throw new AbortedError("the computation was stopped");
        values.push(fixed.get(index) ?? (await valueOf(node, values, inputs, contractions.get(index))));
        await breathe();
      }
      return values;
    },
    trace: (outputs, sha256 = pureSha256, known = {}) => traceRoots(program, outputs, sha256, known),
    dispose: () => contractions.clear(),
  };
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

function prepare(node: ProgramNode, fixed: ReadonlyMap<number, Tensor>, backend: Backend): Contraction | undefined {
  if (node.op !== "matmul" && node.op !== "conv2d") return undefined;
  const [, weights, table] = node.operands.map((operand) => fixed.get(operand.node)?.data);
  return table && prepareContraction(backend.device, node, table, weights);
}

async function valueOf(
  node: ProgramNode,
  values: readonly Tensor[],
  inputs: RunInputs,
  contraction: Contraction | undefined,
): Promise<Tensor> {
  if (node.op === "input") {
    const slot = attr(node, 1);
    return attr(node, 0) === 0
      ? given(node, inputs.shared[slot], `shared slot ${slot}`)
      : given(node, inputs.shard[slot], `shard slot ${slot}`);
  }
  const operands = node.operands.map((operand) => values[operand.node] as Tensor);
  const data = await computed(node, operands, contraction);
  return { dtype: node.dtype, rank: node.rank, dims: node.dims, data };
}

async function computed(
  node: ProgramNode,
  operands: readonly Tensor[],
  contraction: Contraction | undefined,
): Promise<TypedData> {
  const [x, weights] = operands;
  if (contraction === undefined || x === undefined || weights === undefined) return computeNode(node, operands);
  return (await contraction.run(x.data, weights.data)) ?? computeNode(node, operands);
}

function traceRoots(program: Program, outputs: readonly Tensor[], sha256: Sha256, known: KnownRoots): Uint8Array[] {
  // A reshape shares its operand's data and so its root.
  const seen = new Map<TypedData, Uint8Array>();
  return program.nodes.map((node, index) => {
    const tensor = outputs[index];
    if (tensor === undefined) throw new InvalidInputError(`the output of node ${index} is missing`);
    const root = knownRoot(node, known) ?? seen.get(tensor.data) ?? tensorRoot(toBytes(tensor), sha256);
    seen.set(tensor.data, root);
    return root;
  });
}

function knownRoot(node: ProgramNode, known: KnownRoots): Uint8Array | undefined {
  if (node.op === "constant") return node.constantRoot;
  if (node.op !== "input") return undefined;
  return (attr(node, 0) === 0 ? known.shared : known.shard)?.[attr(node, 1)];
}
