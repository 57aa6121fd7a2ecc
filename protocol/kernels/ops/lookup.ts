import { allocate } from "../../tensor/dtype.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { FastOp } from "./fast-op.ts";

/** Rows of a table of several columns, each copied whole; undefined for a table of one. */
export const lookup: FastOp = (node, operands) => {
  const [x, table] = [tensorAt(operands, 0), tensorAt(operands, 1)];
  const [rows, columns] = [table.dims[2], table.dims[3]];
  if (columns === 1) return undefined;
  const offset = attr(node, 0);
  const data = allocate(node.dtype, elementCount(node.dims));
  return {
    data,
    units: x.data.length,
    run(from, to) {
      for (let i = from; i < to; i++) {
        const row = Math.min(Math.max((x.data[i] as number) + offset, 0), rows - 1);
        data.set(table.data.subarray(row * columns, (row + 1) * columns), i * columns);
      }
    },
  };
};
