import { attr, operandAt } from "../../tensor/ops/operator.ts";
import { byteLength, elementCount } from "../../tensor/shape.ts";
import { HASH_BYTES } from "../../tensor/tree/sha256.ts";
import type { Program, ProgramNode } from "../../tensor/types.ts";
import { LIMITS } from "../contraction/limits.ts";
import { planRun } from "../lifetimes.ts";
import { planContraction } from "./contraction-plan.ts";

const FLOAT = 4;
const DOUBLE = 8;

/** Bytes that these kernels need for one shard of a program, inputs and constants included. */
export interface MemoryNeed {
  /** Of computing outputs: what is alive at the worst moment. */
  readonly outputs: number;
  /** Of tracing with every value held: all tensors and all node roots. */
  readonly held: number;
}

/** What a program's run takes, from the program alone. */
export function memoryOf(program: Program): MemoryNeed {
  const sizes = program.nodes.map((node) => byteLength(node));
  const buffers = program.nodes.map((node) => (isComputed(node) ? buffersOf(node) : 0));
  // Constants stay for the next shard, and so do their weights as the device wants them.
  const constants = sum(sizes, (index) => program.nodes[index]?.op === "constant");
  const packed = program.nodes.reduce((total, node) => total + packedWeights(program, node), 0);
  const { needed, drops } = planRun(program, program.outputNodes, program.outputNodes);
  let [alive, worst] = [0, 0];
  for (const [index, node] of program.nodes.entries()) {
    if (!needed[index] || node.op === "constant") continue;
    alive += sizes[index] as number;
    worst = Math.max(worst, alive + (buffers[index] as number));
    for (const done of drops[index] ?? []) if (program.nodes[done]?.op !== "constant") alive -= sizes[done] as number;
  }
  const all = sum(sizes, () => true);
  const largest = buffers.reduce((most, bytes) => Math.max(most, bytes), 0);
  // The roots, and the tree over them.
  const roots = 3 * program.nodes.length * HASH_BYTES;
  return { outputs: constants + packed + worst, held: all + packed + largest + roots };
}

function isComputed(node: ProgramNode): boolean {
  return node.op !== "input" && node.op !== "constant";
}

function sum(sizes: readonly number[], keep: (index: number) => boolean): number {
  return sizes.reduce((total, bytes, index) => (keep(index) ? total + bytes : total), 0);
}

/** Bytes that a node's loop takes beside its operands and its output. */
function buffersOf(node: ProgramNode): number {
  if (node.op !== "matmul" && node.op !== "conv2d") return 0;
  const weights = elementCount(operandAt(node, 1).dims);
  const channels = node.dims[3];
  const { path } = planContraction(node);
  // Parameters of all channels: bias, multiplier, shift, scale, zero point.
  const parameters = 5 * channels * DOUBLE;
  if (path === "wide") return parameters;
  const here = weights * DOUBLE + channels * (DOUBLE + FLOAT);
  if (path === "here") return parameters + here;
  const rows = Math.min(LIMITS.rows, Math.max(Math.floor(LIMITS.sums / channels), 1));
  const sums = Math.min(rows * channels, Math.max(elementCount(node.dims), channels)) * (DOUBLE + FLOAT);
  const slab = 2 * LIMITS.slab * FLOAT;
  const results = LIMITS.outputs * FLOAT;
  // Weights that are computed are packed for every run: centred, and in the device's order.
  return parameters + Math.max(sums + slab + results + 2 * padded(node) * FLOAT, here);
}

/** Elements of a contraction's weights with their channels rounded up to what a dispatch takes. */
function padded(node: ProgramNode): number {
  const weights = elementCount(operandAt(node, 1).dims);
  const groups = node.op === "conv2d" ? attr(node, 10) : 1;
  const channels = node.dims[3] / groups;
  return Math.ceil((weights / channels) * (Math.ceil(channels / 4) * 4));
}

function packedWeights(program: Program, node: ProgramNode): number {
  if (node.op !== "matmul" && node.op !== "conv2d") return 0;
  const isConstant = program.nodes[operandAt(node, 1).node]?.op === "constant";
  return isConstant && planContraction(node).path !== "wide" ? padded(node) * FLOAT : 0;
}
