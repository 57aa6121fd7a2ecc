import { FORMAT } from "./constants.ts";
import { checkForm } from "./form.ts";
import { attr } from "./ops/operator.ts";
import { OPERATORS } from "./ops/table.ts";
import { ProgramError, requireOf, type Require } from "./program-error.ts";
import { checkHeader } from "./program-file.ts";
import { byteLength, describeType, firstExtent, sameType } from "./shape.ts";
import { stepCost, type StepCost } from "./step-cost.ts";
import type { Operand, Program, ProgramNode, Source, TensorType } from "./types.ts";

/** What is known of a valid program without running it; amounts are for one shard. */
export interface ProgramFacts {
  /** Units of work. */
  readonly work: bigint;
  /** Multiply-accumulates of contractions. */
  readonly macs: bigint;
  /** Type of every output, and the bytes of all of them together. */
  readonly outputTypes: readonly TensorType[];
  readonly outputBytes: bigint;
  /** Bytes of all nodes' tensors together, which is what an interpreter that drops nothing holds. */
  readonly peakBytes: bigint;
  /** R: rows of the batch axis in one shard. */
  readonly batch: number;
  readonly worstStep: StepCost & { readonly node: number };
  /** Type of every shared slot and of every shard slot. */
  readonly sharedTypes: readonly TensorType[];
  readonly shardTypes: readonly TensorType[];
  /** Indices of the constants, in node order. */
  readonly constantNodes: readonly number[];
}

/** Limits of a machine that are narrower than those of the format. */
export interface ProgramLimits {
  readonly maxWork: bigint;
  readonly maxPeakBytes: bigint;
}

export function sourceOf(node: ProgramNode): Source {
  if (node.op === "constant") return "constant";
  if (node.op !== "input") return "computed";
  return attr(node, 0) === 0 ? "shared" : "shard";
}

function sameRoot(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Every fact that an operand repeats must be true of the node it names. */
function checkOperand(operand: Operand, at: number, program: Program, index: number, require: Require): void {
  const field = `operand ${at}`;
  require(operand.node < index, `${field}.node`, `reads node ${operand.node}, which does not lie before node ${index}`);
  const node = program.nodes[operand.node]!;
  const source = sourceOf(node);
  require(operand.source ===
    source, `${field}.source`, `says ${operand.source}, but node ${operand.node} is ${source}`);
  const types = `says ${describeType(operand)}, but node ${operand.node} is ${describeType(node)}`;
  require(sameType(operand, node), `${field}.dims`, types);
  const slot = node.op === "input" ? attr(node, 1) : 0;
  require(operand.slot === slot, `${field}.slot`, `says slot ${operand.slot}, but node ${operand.node} has ${slot}`);
  require(sameRoot(operand.root, node.constantRoot), `${field}.root`, `is not the root of constant ${operand.node}`);
}

/** Collects the input nodes; each slot has exactly one. */
class Slots {
  readonly shared: (TensorType | undefined)[];
  readonly shard: (TensorType | undefined)[];

  constructor(program: Program) {
    this.shared = new Array<TensorType | undefined>(program.sharedSlots).fill(undefined);
    this.shard = new Array<TensorType | undefined>(program.shardSlots).fill(undefined);
  }

  add(node: ProgramNode, require: Require): void {
    const [kind, slots] = attr(node, 0) === 0 ? (["shared", this.shared] as const) : (["shard", this.shard] as const);
    const slot = attr(node, 1);
    require(slot < slots.length, "a1", `there is no ${kind} slot ${slot}`);
    require(slots[slot] === undefined, "a1", `${kind} slot ${slot} is read by two input nodes`);
    slots[slot] = { dtype: node.dtype, rank: node.rank, dims: node.dims };
  }

  /** All types, once every node was added. */
  complete(kind: "shared" | "shard"): TensorType[] {
    return this[kind].map((type, slot) => {
      if (type === undefined) throw new ProgramError(undefined, `${kind} slot ${slot}`, "no input node reads it");
      return type;
    });
  }
}

/** The common extent of the batch axis of all shard slots. */
function batchOf(shardTypes: readonly TensorType[]): number {
  const batch = firstExtent(shardTypes[0]!);
  for (const [slot, type] of shardTypes.entries()) {
    const rule = `${firstExtent(type)} rows where slot 0 has ${batch}`;
    requireOf(undefined)(firstExtent(type) === batch, `shard slot ${slot}`, rule);
  }
  return batch;
}

function outputType(program: Program, index: number): TensorType {
  const node = program.nodes[index]!;
  requireOf(index)(sourceOf(node) === "computed", "header.outputNodes", "an output is computed, no input or constant");
  return { dtype: node.dtype, rank: node.rank, dims: node.dims };
}

function checkLimits(facts: ProgramFacts, limits: Partial<ProgramLimits>): void {
  const require = requireOf(undefined);
  const { maxWork = facts.work, maxPeakBytes = facts.peakBytes } = limits;
  require(facts.work <= maxWork, "work", `${facts.work} units, more than the ${maxWork} allowed here`);
  require(facts.peakBytes <=
    maxPeakBytes, "memory", `${facts.peakBytes} bytes, more than the ${maxPeakBytes} allowed here`);
}

function checkStep(step: StepCost, require: Require): void {
  const bytes = `one element needs ${step.bytes} bytes of proof, more than ${FORMAT.maxStepBytes}`;
  require(step.bytes <= FORMAT.maxStepBytes, "step", bytes);
  require(step.gas <= FORMAT.maxStepGas, "step", `one element needs ${step.gas} gas, more than ${FORMAT.maxStepGas}`);
}

/**
 * Proves every rule of the format for a program, or throws ProgramError naming the node and the field. It allocates
 * nothing that grows with the program's tensors. `limits` adds what the calling machine can bear.
 */
export function validateProgram(program: Program, limits: Partial<ProgramLimits> = {}): ProgramFacts {
  checkHeader(program, program.nodes.length);
  const scope = {
    nodeCount: program.nodes.length,
    sharedSlots: program.sharedSlots,
    shardSlots: program.shardSlots,
  };
  const slots = new Slots(program);
  const constantNodes: number[] = [];
  let [work, macs, peakBytes] = [0n, 0n, 0n];
  let worstStep = { node: 0, chunks: 0, bytes: 0, gas: 0 };
  for (const [index, node] of program.nodes.entries()) {
    const require = requireOf(index);
    checkForm(node, index);
    for (const [at, operand] of node.operands.entries()) checkOperand(operand, at, program, index, require);
    const operator = OPERATORS[node.op];
    operator.check(node, require);
    const bytes = BigInt(byteLength(node));
    peakBytes += bytes;
    if (node.op === "input") slots.add(node, require);
    if (node.op === "constant") constantNodes.push(index);
    if (sourceOf(node) !== "computed") continue;
    const cost = operator.cost(node);
    work += cost.operations + BigInt(FORMAT.workPerByte) * bytes;
    macs += cost.macs;
    const step = stepCost(node, scope);
    checkStep(step, require);
    if (step.gas > worstStep.gas) worstStep = { node: index, ...step };
  }
  const outputTypes = program.outputNodes.map((index) => outputType(program, index));
  const shardTypes = slots.complete("shard");
  const facts: ProgramFacts = {
    work,
    macs,
    outputTypes,
    outputBytes: outputTypes.reduce((sum, type) => sum + BigInt(byteLength(type)), 0n),
    peakBytes,
    batch: batchOf(shardTypes),
    worstStep,
    sharedTypes: slots.complete("shared"),
    shardTypes,
    constantNodes,
  };
  checkLimits(facts, limits);
  return facts;
}
