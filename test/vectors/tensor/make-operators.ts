import {
  dtypeMax,
  dtypeMin,
  encodeDescriptor,
  fromBytes,
  operandRanges,
  ProgramBuilder,
  tensor,
  toBytes,
  type DType,
  type Program,
  type ProgramNode,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";
import { naiveNode } from "../../unit/tensor/naive-oracle.ts";
import { Random } from "../../unit/tensor/random.ts";
import { STEPS } from "../../unit/tensor/random-program.ts";

export const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

export interface OperatorCase {
  readonly name: string;
  readonly descriptor: string;
  readonly operands: readonly string[];
  readonly output: string;
  /** Ranges are [operand, first, count]. */
  readonly reads: readonly { readonly element: number; readonly ranges: readonly (readonly number[])[] }[];
}

/** A case of one node: its descriptor, the content of its operands and of its output, and what some elements read. */
function caseOf(name: string, node: ProgramNode, operands: readonly Tensor[]): OperatorCase {
  const output = fromBytes(node, new Uint8Array(bytesOf(node)));
  output.data.set(naiveNode(node, operands));
  const last = output.data.length - 1;
  const valueOf = (operand: number, at: number): number => operands[operand]!.data[at]!;
  return {
    name,
    descriptor: hex(encodeDescriptor(node)),
    operands: operands.map((operand) => hex(toBytes(operand))),
    output: hex(toBytes(output)),
    reads: [...new Set([0, Math.floor(last / 2), last])].map((element) => ({
      element,
      ranges: operandRanges(node, element, valueOf).map(({ operand, first, count }) => [operand, first, count]),
    })),
  };
}

function bytesOf({ dims, dtype }: ProgramNode): number {
  const width = { i8: 1, u8: 1, i16: 2, i32: 4 }[dtype];
  return dims.reduce((product, extent) => product * extent, width);
}

/** The operands of a node with fresh random bits; constants too, so that tables hold what no tool writes. */
function drawn(program: Program, node: ProgramNode, r: Random): Tensor[] {
  const values = new Map<number, Tensor>();
  for (const { node: from } of node.operands) if (!values.has(from)) values.set(from, r.tensor(program.nodes[from]!));
  return node.operands.map(({ node: from }) => values.get(from)!);
}

const CASES_PER_OPERATOR = 5;

function randomCases(op: keyof typeof STEPS, firstSeed: number) {
  return Array.from({ length: CASES_PER_OPERATOR }, (_, at) => {
    const r = new Random(firstSeed + at);
    const b = new ProgramBuilder();
    const shape = [r.between(1, 2), r.between(1, 4), r.between(1, 3), r.between(1, 3)].slice(r.between(0, 2));
    const y = STEPS[op](b, r, b.shardInput(r.dtype(), shape));
    const { program } = b.build(y);
    const node = program.nodes[y.node]!;
    return caseOf(`${op} ${at}`, node, drawn(program, node, r));
  });
}

/** All pairs of the values that matter most, as two tensors. */
function extremePairs(dtype: DType): [Tensor, Tensor] {
  const [lo, hi] = [dtypeMin(dtype), dtypeMax(dtype)];
  const values = [...new Set([lo, lo + 1, Math.max(lo, -1), 0, 1, 2, hi - 1, hi])];
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));
  const column = (at: 0 | 1): Tensor => {
    const x = fromBytes(
      { dtype, rank: 1, dims: [1, 1, 1, pairs.length] },
      new Uint8Array(pairs.length * widthOf(dtype)),
    );
    x.data.set(pairs.map((pair) => pair[at]));
    return x;
  };
  return [column(0), column(1)];
}

const widthOf = (dtype: DType): number => ({ i8: 1, u8: 1, i16: 2, i32: 4 })[dtype];

const BINARY: Readonly<Record<string, (b: ProgramBuilder, x: Value, y: Value) => Value>> = {
  add: (b, x, y) => b.add(x, y, { dtype: x.dtype, ma: 3, mb: 5, s: 2 }),
  sub: (b, x, y) => b.sub(x, y, { dtype: x.dtype }),
  mul: (b, x, y) => b.mul(x, y, { dtype: x.dtype, m: 2 ** 31 - 1, s: 33 }),
  max: (b, x, y) => b.max(x, y),
  min: (b, x, y) => b.min(x, y),
  div: (b, x, y) => b.div(x, y, x.dtype),
  isqrt: (b, x) => b.isqrt(x, "i16"),
  requantize: (b, x) => b.requantize(x, { dtype: "i8", m: 2 ** 31 - 1, s: 37, zpOut: -1 }),
};

function extremeCases() {
  return Object.entries(BINARY).flatMap(([name, make]) =>
    (["i8", "u8", "i16", "i32"] as const).map((dtype) => {
      const [x, y] = extremePairs(dtype);
      const b = new ProgramBuilder();
      const shape = [x.data.length];
      const [left, right] = [b.shardInput(dtype, shape), b.shardInput(dtype, shape)];
      const out = make(b, left, right);
      const node = b.build(out).program.nodes[out.node]!;
      return caseOf(`${name} extremes ${dtype}`, node, [x, y].slice(0, node.operands.length));
    }),
  );
}

/** Every multiplier, shift and zero point that a table can hold at its worst, against all-extreme operands. */
function hostileTable() {
  const words = [-(2 ** 31), -1, 0, 1, 62, 63, 2 ** 31 - 1];
  const rows = words.flatMap((m) => words.map((s, at) => [words[at]!, m, s, words[words.length - 1 - at]!]));
  const b = new ProgramBuilder();
  const w = b.constant(tensor("i8", [rows.length, 2], new Int8Array(2 * rows.length)));
  const y = b.matmul(b.shardInput("i16", [3, 2]), w, { dtype: "i32", m: 1, s: 0 });
  const node = b.build(y).program.nodes[y.node]!;
  const x = tensor("i16", [3, 2], Int16Array.from([-32_768, 32_767, 32_767, 32_767, 0, -1]));
  const weights = tensor(
    "i8",
    [rows.length, 2],
    Int8Array.from(rows.flatMap((_, at) => (at % 2 === 0 ? [-128, 127] : [127, 127]))),
  );
  return caseOf("matmul hostile table", node, [
    x,
    weights,
    tensor("i32", [rows.length, 4], Int32Array.from(rows.flat())),
  ]);
}

/** Golden vectors of every operator: outputs from the naive oracle. */
export function makeOperators(): { readonly rule: string; readonly cases: readonly OperatorCase[] } {
  const names = Object.keys(STEPS) as (keyof typeof STEPS)[];
  return {
    rule: "reads: the operand ranges of some output elements as [operand, first element, count], in proof order",
    cases: [...names.flatMap((op, at) => randomCases(op, 1000 * at)), ...extremeCases(), hostileTable()],
  };
}
