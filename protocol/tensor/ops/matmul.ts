import { elementCount } from "../shape.ts";
import type { ProgramNode } from "../types.ts";
import {
  channelParameters,
  contractionBound,
  dot,
  requireContraction,
  rescale,
  tableRange,
  tableRead,
  termsGas,
  wideDot,
} from "./contraction.ts";
import { aligned, attr, operandAt, tensorAt, type Operator } from "./operator.ts";
import { fitsNumber } from "./rules.ts";

interface Place {
  readonly channel: number;
  readonly a: number;
  readonly b: number;
}

/** Where the row of A and the row of B of output element `out` begin, K elements each. */
function place(node: ProgramNode): (out: number) => Place {
  const [, , rows, channels] = node.dims;
  const terms = operandAt(node, 0).dims[3];
  const b = operandAt(node, 1).dims;
  const batched = b[0] * b[1] > 1;
  return (out) => {
    const channel = out % channels;
    const row = Math.floor(out / channels);
    const batch = batched ? Math.floor(row / rows) : 0;
    return { channel, a: row * terms, b: (batch * channels + channel) * terms };
  };
}

/** rq(bias_n + Σ_k (A−za)(B−zb_n), m_n, s_n, zpOut) over A[b0,b1,M,K] and B[b0,b1,N,K] or B[1,1,N,K]. */
export const matmul: Operator = {
  name: "matmul",
  arity: [3],
  attributes: 2,
  check(node, require) {
    const a = operandAt(node, 0);
    const b = operandAt(node, 1);
    require(b.dims[3] === a.dims[3], "operand 1.dims", `${b.dims[3]} columns where operand 0 has ${a.dims[3]}`);
    const shared = b.dims[0] === 1 && b.dims[1] === 1;
    const batched = b.dims[0] === a.dims[0] && b.dims[1] === a.dims[1];
    require(shared || batched, "operand 1.dims", "the batch extents are neither 1 nor those of operand 0");
    require(node.rank === a.rank, "rank", `${node.rank} where operand 0 has rank ${a.rank}`);
    const [b0, b1, rows, channels] = node.dims;
    const fits = b0 === a.dims[0] && b1 === a.dims[1] && rows === a.dims[2] && channels === b.dims[2];
    require(fits, "dims", "the output of a matmul is [b0,b1,M,N]");
    requireContraction(node, channels, a.dims[3], require);
  },
  cost(node) {
    const terms = operandAt(node, 0).dims[3];
    const macs = BigInt(elementCount(node.dims)) * BigInt(terms);
    return { operations: macs, macs, stepGas: termsGas(node, terms, 1, 1) };
  },
  reads(node) {
    const terms = operandAt(node, 0).dims[3];
    return [aligned(0, terms), aligned(1, terms), tableRead];
  },
  ranges(node, out) {
    const { channel, a, b } = place(node)(out);
    const count = operandAt(node, 0).dims[3];
    return [{ operand: 0, first: a, count }, { operand: 1, first: b, count }, tableRange(channel)];
  },
  element(node, operands) {
    const [a, b, table] = [tensorAt(operands, 0), tensorAt(operands, 1), tensorAt(operands, 2)];
    const za = attr(node, 0);
    const terms = a.dims[3];
    const at = place(node);
    const narrow = fitsNumber(contractionBound(a, za, b, terms));
    return (out) => {
      const { channel, a: i, b: j } = at(out);
      const row = channelParameters(table.data, channel, b.dtype);
      const acc = narrow
        ? row.bias + dot(a.data, i, za, b.data, j, row.zb, terms)
        : BigInt(row.bias) + wideDot(a.data, i, za, b.data, j, row.zb, terms);
      return rescale(acc, row, node);
    };
  },
};
