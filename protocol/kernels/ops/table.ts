import { allocate } from "../../tensor/dtype.ts";
import { OPERATORS } from "../../tensor/ops/table.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { OpName, ProgramNode, Tensor, TypedData } from "../../tensor/types.ts";
import { add, mul, requantize, sub } from "./arithmetic.ts";
import { conv2d } from "./conv2d.ts";
import type { FastOp } from "./fast-op.ts";
import { avgPool, maxPool } from "./pool.ts";
import { view } from "./view.ts";

/** Operators whose reference rule, element by element, would cost more than their share of a program. */
const FAST: Readonly<Partial<Record<OpName, FastOp>>> = { conv2d, requantize, add, sub, mul, view, maxPool, avgPool };

/** The output of a computed node without a device. */
export function computeNode(node: ProgramNode, operands: readonly Tensor[]): TypedData {
  return FAST[node.op]?.(node, operands) ?? computeByReference(node, operands);
}

/** The output of a computed node by the reference rule of its operator. */
function computeByReference(node: ProgramNode, operands: readonly Tensor[]): TypedData {
  const element = OPERATORS[node.op].element(node, operands);
  const data = allocate(node.dtype, elementCount(node.dims));
  for (let out = 0; out < data.length; out++) data[out] = element(out);
  return data;
}
