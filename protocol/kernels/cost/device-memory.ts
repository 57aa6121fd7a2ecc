import { attr, operandAt } from "../../tensor/ops/operator.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { Program, ProgramNode } from "../../tensor/types.ts";
import { LIMITS } from "../contraction/limits.ts";
import { planDevice } from "./contraction-plan.ts";
import type { KernelMemory } from "./kernel-memory.ts";

const FLOAT = 4;
const DOUBLE = 8;

/** What the modes of gpu.js and the loops in plain JavaScript take. */
export function deviceMemory(program: Program): KernelMemory {
  const kept = program.nodes.reduce((total, node) => total + packedWeights(program, node), 0);
  return { buffers: program.nodes.map(buffersOf), kept, packing: 0 };
}

/** Bytes that a node's loop takes beside its operands and its output. */
function buffersOf(node: ProgramNode): number {
  if (node.op !== "matmul" && node.op !== "conv2d") return 0;
  const weights = elementCount(operandAt(node, 1).dims);
  const channels = node.dims[3];
  const { path } = planDevice(node);
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
  return isConstant && planDevice(node).path !== "wide" ? padded(node) * FLOAT : 0;
}
