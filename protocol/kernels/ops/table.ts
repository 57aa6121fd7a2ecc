import { allocate } from "../../tensor/dtype.ts";
import { OPERATORS } from "../../tensor/ops/table.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { OpName, ProgramNode, Tensor, TypedData } from "../../tensor/types.ts";
import { add, mul, requantize, sub } from "./arithmetic.ts";
import { conv2d } from "./conv2d.ts";
import { inSlices, type Pause } from "../pause.ts";
import { elementKernel, type FastOp, type NodeKernel } from "./fast-op.ts";
import { lookup } from "./lookup.ts";
import { avgPool, maxPool } from "./pool.ts";
import { view } from "./view.ts";

/** Operators whose reference rule, element by element, would cost more than their share of a program. */
const FAST: Readonly<Partial<Record<OpName, FastOp>>> = {
  conv2d,
  requantize,
  add,
  sub,
  mul,
  lookup,
  view,
  maxPool,
  avgPool,
};

/** The output of a computed node without a device. */
export async function computeNode(node: ProgramNode, operands: readonly Tensor[], pause: Pause): Promise<TypedData> {
  const kernel = FAST[node.op]?.(node, operands) ?? referenceKernel(node, operands);
  await inSlices(kernel.units, (from, to) => kernel.run(from, to), pause);
  return kernel.data;
}

/** A computed node by the reference rule of its operator. */
function referenceKernel(node: ProgramNode, operands: readonly Tensor[]): NodeKernel {
  const element = OPERATORS[node.op].element(node, operands);
  const data = allocate(node.dtype, elementCount(node.dims));
  return elementKernel(data, (from, to) => {
    for (let out = from; out < to; out++) data[out] = element(out);
  });
}
