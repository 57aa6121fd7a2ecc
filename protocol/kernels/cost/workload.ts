import { maxAbs } from "../../tensor/dtype.ts";
import { EXACT } from "../../tensor/numbers.ts";
import { attr, operandAt } from "../../tensor/ops/operator.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { Program, ProgramNode } from "../../tensor/types.ts";
import type { Mode } from "../modes.ts";
import { planContraction } from "./contraction-plan.ts";
import { emptyWorkload, type WorkClass, type Workload } from "./work-classes.ts";

/** Channels below which a device is not busy. */
const THIN = 16;

/**
 * What computing the outputs of one shard asks of these kernels, by kind, from the program alone: of two ways that weights could decide
 * the slower one. `mode` is the backend's. Nothing that depends on values is counted.
 */
export function workloadOf(program: Program, mode: Mode): Workload {
  const work = emptyWorkload();
  for (const node of program.nodes) addNode(work, node, mode);
  return work;
}

/** What one node asks for. */
export function workOfNode(node: ProgramNode, mode: Mode): Workload {
  const work = emptyWorkload();
  addNode(work, node, mode);
  return work;
}

function addNode(work: Record<WorkClass, number>, node: ProgramNode, mode: Mode): void {
  if (node.op === "input" || node.op === "constant") return;
  const elements = elementCount(node.dims);
  work.nodes++;
  switch (node.op) {
    case "matmul":
    case "conv2d":
      addContraction(work, node, mode);
      work.rescaled += elements;
      return;
    case "requantize":
      work.rescaled += elements;
      return;
    case "add":
    case "sub":
    case "mul":
      work[isWide(node) ? "wideElements" : "rescaled"] += elements;
      return;
    case "div":
      work.quotients += elements;
      return;
    case "view":
      work.moved += elements;
      return;
    case "reduceSum":
    case "reduceMax":
    case "argmax":
      work.elements += elements;
      work.reduced += elementCount(operandAt(node, 0).dims);
      return;
    case "maxPool":
    case "avgPool":
      addPool(work, node);
      return;
    default:
      work.elements += elements;
  }
}

function addContraction(work: Record<WorkClass, number>, node: ProgramNode, mode: Mode): void {
  const { path, macs, channels, dispatches } = planContraction(node, mode);
  const weights = operandAt(node, 1);
  // Weights that are no constant are packed anew for each run.
  if (mode === "wasm" && weights.source !== "constant") {
    work.moved += elementCount(weights.dims) * (path === "wide" ? 8 : 4);
  }
  if (path === "device") {
    work[channels < THIN ? "thinMacs" : "deviceMacs"] += macs;
    work.dispatches += dispatches;
  } else {
    work[path === "wide" ? "wideMacs" : "macs"] += macs;
  }
}

/** Whether sums or products leave what doubles hold; see ops/arithmetic.ts. */
function isWide(node: ProgramNode): boolean {
  const largest = (operand: 0 | 1): number => maxAbs(operandAt(node, operand).dtype, attr(node, operand));
  if (node.op === "mul") return largest(0) * largest(1) >= EXACT;
  return largest(0) * attr(node, 2) + largest(1) * attr(node, 3) >= EXACT;
}

function addPool(work: Record<WorkClass, number>, node: ProgramNode): void {
  const elements = elementCount(node.dims);
  const taps = attr(node, 0) * attr(node, 1);
  const windows = elements / node.dims[3];
  work.windows += windows;
  work.taps += windows * taps;
  work.pooled += elements * taps;
  if (node.op === "avgPool") work.quotients += elements;
}
