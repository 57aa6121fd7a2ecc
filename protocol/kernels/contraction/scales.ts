import { channelParameters } from "../../tensor/ops/contraction.ts";
import { attr, operandAt } from "../../tensor/ops/operator.ts";
import type { ProgramNode, TypedData } from "../../tensor/types.ts";
import type { ChannelScales } from "../rescale.ts";

/** Parameters of all output channels of a contraction, and the zero points of its weights. */
export interface ContractionScales extends ChannelScales {
  readonly zb: Float64Array;
}

export function contractionScales(node: ProgramNode, table: TypedData): ContractionScales {
  const weights = operandAt(node, 1).dtype;
  const rows = Array.from({ length: node.dims[3] }, (_, n) => channelParameters(table, n, weights));
  return {
    bias: Float64Array.from(rows, (row) => row.bias),
    m: Float64Array.from(rows, (row) => row.m),
    s: Float64Array.from(rows, (row) => row.s),
    zb: Float64Array.from(rows, (row) => row.zb),
    zp: attr(node, 1),
    dtype: node.dtype,
  };
}
