import { describeType, sameShape } from "../shape.ts";
import type { ProgramNode, TensorType } from "../types.ts";
import { elementwiseCost } from "./elementwise.ts";
import { aligned, attr, operandAt, tensorAt, type Operator } from "./operator.ts";
import { requireRank, requireSameDtype } from "./rules.ts";

const TABLE_DIMS = "operand 1.dims";

/** Shape of the output: that of X for a table of one column, otherwise X's with the columns as a new last axis. */
function outputShape(x: TensorType, columns: number): Pick<TensorType, "rank" | "dims"> {
  if (columns === 1) return { rank: x.rank, dims: x.dims };
  return { rank: x.rank + 1, dims: [x.dims[1], x.dims[2], x.dims[3], columns] };
}

function rowOf(node: ProgramNode, value: number): number {
  const rows = operandAt(node, 1).dims[2];
  return Math.min(Math.max(value + attr(node, 0), 0), rows - 1);
}

/** table[clamp(X + offset, 0, n−1), d]. */
export const lookup: Operator = {
  name: "lookup",
  arity: [2],
  attributes: 1,
  check(node, require) {
    const [x, table] = [operandAt(node, 0), operandAt(node, 1)];
    requireSameDtype(node, 1, require);
    requireRank(table, 2, "operand 1.rank", require);
    const columns = table.dims[3];
    const room = columns === 1 || (x.rank < 4 && x.dims[0] === 1);
    require(room, TABLE_DIMS, "a table of several columns needs an X of rank 3 or less");
    const wanted = { dtype: node.dtype, ...outputShape(x, columns) };
    require(sameShape(node, wanted), "dims", `${describeType(node)} where lookup gives ${describeType(wanted)}`);
  },
  cost: elementwiseCost,
  reads: () => [aligned(0, 1), aligned(1, 1)],
  ranges(node, out, valueOf) {
    const columns = operandAt(node, 1).dims[3];
    const index = Math.floor(out / columns);
    const x = { operand: 0, first: index, count: 1 };
    if (valueOf === undefined) return [x];
    return [x, { operand: 1, first: rowOf(node, valueOf(0, index)) * columns + (out % columns), count: 1 }];
  },
  element(node, operands) {
    const [x, table] = [tensorAt(operands, 0), tensorAt(operands, 1)];
    const columns = table.dims[3];
    return (out) => {
      const row = rowOf(node, x.data[Math.floor(out / columns)] as number);
      return table.data[row * columns + (out % columns)] as number;
    };
  },
};
