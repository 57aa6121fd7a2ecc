import { InvalidInputError } from "../common/errors.ts";
import { allocate } from "./dtype.ts";
import { attr } from "./ops/operator.ts";
import { OPERATORS } from "./ops/table.ts";
import { describeType, elementCount, sameType } from "./shape.ts";
import type { Program, ProgramNode, Tensor } from "./types.ts";

/** The tensors that come from outside, for one shard. */
export interface ProgramInputs {
  /** In node order of the constant nodes. */
  readonly constants: readonly Tensor[];
  /** By slot. */
  readonly shared: readonly Tensor[];
  readonly shard: readonly Tensor[];
}

/** The tensor that an input or constant node stands for; `constant` counts the constants so far. */
function given(
  node: ProgramNode,
  inputs: ProgramInputs,
  constant: number,
): { name: string; tensor: Tensor | undefined } {
  if (node.op === "constant") return { name: `constant ${constant}`, tensor: inputs.constants[constant] };
  const slot = attr(node, 1);
  return attr(node, 0) === 0
    ? { name: `shared slot ${slot}`, tensor: inputs.shared[slot] }
    : { name: `shard slot ${slot}`, tensor: inputs.shard[slot] };
}

function compute(node: ProgramNode, values: readonly Tensor[]): Tensor {
  const operands = node.operands.map((operand) => values[operand.node]!);
  const element = OPERATORS[node.op].element(node, operands);
  const data = allocate(node.dtype, elementCount(node.dims));
  for (let out = 0; out < data.length; out++) data[out] = element(out);
  return { dtype: node.dtype, rank: node.rank, dims: node.dims, data };
}

/**
 * Runs a validated program on one shard and gives the tensor of every node, inputs and constants included. This is the
 * reference that every faster backend must equal bit for bit. Throws InvalidInputError if a tensor is missing or has
 * another type than its node; it does not hash the constants.
 */
export function interpret(program: Program, inputs: ProgramInputs): Tensor[] {
  const values: Tensor[] = [];
  let constant = 0;
  for (const node of program.nodes) {
    if (node.op !== "input" && node.op !== "constant") {
      values.push(compute(node, values));
      continue;
    }
    const { name, tensor } = given(node, inputs, constant);
    if (node.op === "constant") constant++;
    if (tensor === undefined) throw new InvalidInputError(`${name} is missing`);
    if (!sameType(tensor, node)) {
      throw new InvalidInputError(`${name} is ${describeType(tensor)}, but the program reads ${describeType(node)}`);
    }
    values.push(tensor);
  }
  return values;
}

/**
 * One element of one node from the values of the nodes before it; for an input or a constant the value itself. The
 * program is validated and `outIndex` lies inside the node's tensor.
 */
export function evaluateElement(
  program: Program,
  nodeIndex: number,
  values: readonly (Tensor | undefined)[],
  outIndex: number,
): number {
  const node = program.nodes[nodeIndex];
  if (node === undefined || outIndex < 0 || outIndex >= elementCount(node.dims)) {
    throw new InvalidInputError(`node ${nodeIndex} has no element ${outIndex}`);
  }
  const valueOf = (index: number): Tensor => {
    const tensor = values[index];
    if (tensor === undefined) throw new InvalidInputError(`the value of node ${index} is missing`);
    return tensor;
  };
  if (node.op === "input" || node.op === "constant") return valueOf(nodeIndex).data[outIndex]!;
  const operands = node.operands.map((operand) => valueOf(operand.node));
  return OPERATORS[node.op].element(node, operands)(outIndex);
}
