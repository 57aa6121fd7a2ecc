import { expect } from "chai";
import {
  ProgramBuilder,
  ProgramError,
  tensor,
  validateProgram,
  type DType,
  type Program,
  type Value,
} from "@orion/protocol/tensor";
import { withAttrs, withNode, withOperand } from "./tamper.ts";

type Make = (b: ProgramBuilder, x: Value) => Value;
type Change = (program: Program, node: number) => Program;

/** A program of one operator over a shard input, changed before it is validated. */
function changed(
  dtype: DType,
  shape: readonly number[],
  make: Make,
  change: Change,
): { program: Program; node: number } {
  const b = new ProgramBuilder();
  const y = make(b, b.shardInput(dtype, shape));
  return { program: change(b.build(y).program, y.node), node: y.node };
}

const attrs =
  (values: Readonly<Record<number, number>>): Change =>
  (program, node) =>
    withAttrs(program, node, values);
const output =
  (type: { rank?: number; dims?: readonly [number, number, number, number]; dtype?: DType }): Change =>
  (program, node) =>
    withNode(program, node, () => type);

const weights = (b: ProgramBuilder, ...shape: number[]): Value =>
  b.constant(tensor("i8", shape, new Int8Array(shape.reduce((product, extent) => product * extent, 1))));
const plain = { dtype: "i8", m: 1, s: 0 } as const;

const matmul: Make = (b, x) => b.matmul(x, weights(b, 5, 3), plain);
const conv: Make = (b, x) => b.conv2d(x, weights(b, 4, 3, 3, 2), { ...plain, pad: [1, 1, 1, 1] });
const image = [2, 6, 6, 2];

/** Makes node 3 (matmul or conv2d) and its table another type, facts repeated truly. */
const table =
  (type: { rank?: number; dims?: readonly [number, number, number, number]; dtype?: DType }): Change =>
  (program, node) =>
    withOperand(
      withNode(program, 2, () => type),
      node,
      2,
      type,
    );

const cases: [name: string, dtype: DType, shape: readonly number[], make: Make, change: Change, field: string][] = [
  ["matmul: other rows", "i8", [4, 3], matmul, output({ dims: [1, 1, 5, 5] }), "dims"],
  ["matmul: other columns", "i8", [4, 3], matmul, output({ dims: [1, 1, 4, 6] }), "dims"],
  ["matmul: other rank", "i8", [4, 3], matmul, output({ rank: 3 }), "rank"],
  [
    "matmul: other depth",
    "i8",
    [4, 3],
    matmul,
    (p, n) =>
      withOperand(
        withNode(p, 1, () => ({ dims: [1, 1, 5, 4] })),
        n,
        1,
        { dims: [1, 1, 5, 4] },
      ),
    "operand 1.dims",
  ],
  [
    "matmul: other batch",
    "i8",
    [2, 4, 3],
    (b, x) => b.matmul(x, weights(b, 2, 5, 3), plain),
    (p, n) =>
      withOperand(
        withNode(p, 1, () => ({ dims: [1, 3, 5, 3] })),
        n,
        1,
        { dims: [1, 3, 5, 3] },
      ),
    "operand 1.dims",
  ],
  ["matmul: za out of range", "u8", [4, 3], matmul, attrs({ 0: -1 }), "a0"],
  ["matmul: zpOut out of range", "i8", [4, 3], matmul, attrs({ 1: 128 }), "a1"],
  ["matmul: a table of other rows", "i8", [4, 3], matmul, table({ dims: [1, 1, 4, 4] }), "operand 2.dims"],
  ["matmul: a table of other columns", "i8", [4, 3], matmul, table({ dims: [1, 1, 5, 3] }), "operand 2.dims"],
  ["matmul: a table of other rank", "i8", [4, 3], matmul, table({ rank: 3 }), "operand 2.dims"],
  ["matmul: a narrow table", "i8", [4, 3], matmul, table({ dtype: "i16" }), "operand 2.dtype"],
  ["conv2d: other images", "i8", image, conv, output({ dims: [3, 6, 6, 4] }), "dims"],
  ["conv2d: other height", "i8", image, conv, output({ dims: [2, 5, 6, 4] }), "dims"],
  ["conv2d: other width", "i8", image, conv, output({ dims: [2, 6, 7, 4] }), "dims"],
  ["conv2d: other channels", "i8", image, conv, output({ dims: [2, 6, 6, 5] }), "dims"],
  ["conv2d: stride 0", "i8", image, conv, attrs({ 2: 0 }), "a2"],
  ["conv2d: negative stride", "i8", image, conv, attrs({ 3: -1 }), "a3"],
  ["conv2d: negative pad", "i8", image, conv, attrs({ 4: -1 }), "a4"],
  ["conv2d: a pad as large as the kernel", "i8", image, conv, attrs({ 7: 3 }), "a7"],
  ["conv2d: dilation 0", "i8", image, conv, attrs({ 8: 0 }), "a8"],
  ["conv2d: dilation beyond everything", "i8", image, conv, attrs({ 9: 2 ** 31 - 1 }), "dims"],
  ["conv2d: no groups", "i8", image, conv, attrs({ 10: 0 }), "a10"],
  ["conv2d: groups that do not divide", "i8", image, conv, attrs({ 10: 3 }), "a10"],
  ["conv2d: groups that the weights do not have", "i8", image, conv, attrs({ 10: 2 }), "operand 1.dims"],
  ["conv2d: za out of range", "i8", image, conv, attrs({ 0: 200 }), "a0"],
  ["conv2d: rank 3", "i8", [1, 6, 6, 2], conv, output({ rank: 3 }), "rank"],
  ["maxPool: rank 3", "i8", [1, 6, 6, 2], (b, x) => b.maxPool(x, { kernel: [2, 2] }), output({ rank: 3 }), "rank"],
  ["requantize: multiplier 0", "i8", [4], (b, x) => b.requantize(x, plain), attrs({ 1: 0 }), "a1"],
  ["requantize: negative multiplier", "i8", [4], (b, x) => b.requantize(x, plain), attrs({ 1: -5 }), "a1"],
  ["requantize: negative shift", "i8", [4], (b, x) => b.requantize(x, plain), attrs({ 2: -1 }), "a2"],
  ["requantize: shift 63", "i8", [4], (b, x) => b.requantize(x, plain), attrs({ 2: 63 }), "a2"],
  ["requantize: not in lowest terms", "i8", [4], (b, x) => b.requantize(x, plain), attrs({ 1: 6, 2: 3 }), "a1"],
  ["requantize: zpIn out of range", "u8", [4], (b, x) => b.requantize(x, plain), attrs({ 0: 256 }), "a0"],
  ["requantize: zpOut out of range", "u8", [4], (b, x) => b.requantize(x, plain), attrs({ 3: 200 }), "a3"],
  [
    "requantize: another shape",
    "i8",
    [4],
    (b, x) => b.requantize(x, plain),
    output({ dims: [1, 1, 1, 5] }),
    "operand 0.dims",
  ],
  ["add: both multipliers even", "i8", [4], (b, x) => b.add(x, x, { dtype: "i8" }), attrs({ 2: 2, 3: 4, 4: 1 }), "a2"],
  ["add: multiplier 0", "i8", [4], (b, x) => b.add(x, x, { dtype: "i8" }), attrs({ 3: 0 }), "a3"],
  ["add: zb out of range", "i8", [4], (b, x) => b.add(x, x, { dtype: "i8" }), attrs({ 1: 128 }), "a1"],
  [
    "add: accumulator of 2^63",
    "i32",
    [4],
    (b, x) => b.add(x, x, { dtype: "i32" }),
    attrs({ 0: 2 ** 31 - 1, 1: 2 ** 31 - 1, 2: 2 ** 31 - 1, 3: 2 ** 31 - 1 }),
    "accumulator",
  ],
  ["sub: another rank", "i8", [4], (b, x) => b.sub(x, x, { dtype: "i8" }), output({ rank: 2 }), "operand 0.dims"],
  [
    "mul: accumulator of 2^64",
    "i32",
    [4],
    (b, x) => b.mul(x, x, { dtype: "i8" }),
    attrs({ 0: -(2 ** 31), 1: -(2 ** 31) }),
    "accumulator",
  ],
  ["mul: not in lowest terms", "i8", [4], (b, x) => b.mul(x, x, { dtype: "i8" }), attrs({ 2: 2, 3: 1 }), "a2"],
  ["max: another element type", "i8", [4], (b, x) => b.max(x, x), output({ dtype: "u8" }), "operand 0.dtype"],
  ["min: another shape", "i8", [4], (b, x) => b.min(x, x), output({ dims: [1, 1, 1, 3] }), "operand 0.dims"],
  ["clamp: crossed bounds", "i8", [4], (b, x) => b.clamp(x, 0, 1), attrs({ 0: 2 }), "a1"],
  ["clamp: lower bound out of range", "u8", [4], (b, x) => b.clamp(x, 0, 1), attrs({ 0: -1 }), "a0"],
  ["clamp: upper bound out of range", "u8", [4], (b, x) => b.clamp(x, 0, 1), attrs({ 1: 256 }), "a1"],
  ["clamp: another element type", "u8", [4], (b, x) => b.clamp(x, 0, 1), output({ dtype: "i8" }), "operand 0.dtype"],
  ["lookup: another shape", "i8", [4], (b, x) => b.lookup(x, weights(b, 9, 1)), output({ dims: [1, 1, 1, 3] }), "dims"],
  [
    "lookup: columns without an axis",
    "i8",
    [4],
    (b, x) => b.lookup(x, weights(b, 9, 2)),
    output({ rank: 1, dims: [1, 1, 1, 4] }),
    "dims",
  ],
  [
    "lookup: another element type",
    "i8",
    [4],
    (b, x) => b.lookup(x, weights(b, 9, 1)),
    output({ dtype: "i16" }),
    "operand 1.dtype",
  ],
  [
    "lookup: a table of rank 3",
    "i8",
    [4],
    (b, x) => b.lookup(x, weights(b, 9, 1)),
    (p, n) =>
      withOperand(
        withNode(p, 1, () => ({ rank: 3 })),
        n,
        1,
        { rank: 3 },
      ),
    "operand 1.rank",
  ],
  [
    "lookup: columns behind four axes",
    "i8",
    [1, 1, 1, 4],
    (b, x) => b.lookup(x, weights(b, 9, 1)),
    (p, n) =>
      withOperand(
        withNode(p, 1, () => ({ dims: [1, 1, 3, 3] })),
        n,
        1,
        { dims: [1, 1, 3, 3] },
      ),
    "operand 1.dims",
  ],
  ["reduceSum: no axis", "i8", [4, 4], (b, x) => b.reduceSum(x, 1, "i32"), attrs({ 0: 0 }), "a0"],
  ["reduceSum: more axes than the rank", "i8", [4, 4], (b, x) => b.reduceSum(x, 1, "i32"), attrs({ 0: 3 }), "a0"],
  ["reduceSum: an axis that stays", "i8", [4, 4], (b, x) => b.reduceSum(x, 1, "i32"), attrs({ 0: 2 }), "dims"],
  [
    "reduceMax: another element type",
    "i8",
    [4, 4],
    (b, x) => b.reduceMax(x, 1),
    output({ dtype: "i16" }),
    "operand 0.dtype",
  ],
  ["argmax: not i32", "i8", [4, 4], (b, x) => b.argmax(x), output({ dtype: "i16" }), "dtype"],
  ["maxPool: kernel 0", "i8", image, (b, x) => b.maxPool(x, { kernel: [2, 2] }), attrs({ 0: 0 }), "a0"],
  [
    "maxPool: a pad as large as the kernel",
    "i8",
    image,
    (b, x) => b.maxPool(x, { kernel: [2, 2] }),
    attrs({ 5: 2 }),
    "a5",
  ],
  ["maxPool: stride 0", "i8", image, (b, x) => b.maxPool(x, { kernel: [2, 2] }), attrs({ 3: 0 }), "a3"],
  [
    "maxPool: another element type",
    "i8",
    image,
    (b, x) => b.maxPool(x, { kernel: [2, 2] }),
    output({ dtype: "u8" }),
    "operand 0.dtype",
  ],
  ["maxPool: a zero point", "i8", image, (b, x) => b.maxPool(x, { kernel: [2, 2] }), attrs({ 8: 1 }), "a8"],
  [
    "maxPool: a kernel larger than the image",
    "i8",
    image,
    (b, x) => b.maxPool(x, { kernel: [2, 2] }),
    attrs({ 0: 7 }),
    "dims",
  ],
  ["avgPool: zp out of range", "u8", image, (b, x) => b.avgPool(x, { kernel: [2, 2] }), attrs({ 8: 256 }), "a8"],
  [
    "avgPool: other channels",
    "u8",
    image,
    (b, x) => b.avgPool(x, { kernel: [2, 2] }),
    output({ dims: [2, 3, 3, 3] }),
    "dims",
  ],
  ["view: an offset below 0", "i8", [4, 3], flip, attrs({ 0: -1 }), "a0"],
  ["view: an index beyond the operand", "i8", [4, 3], flip, attrs({ 0: 12 }), "a0"],
  ["view: strides that leave the operand", "i8", [4, 3], flip, attrs({ 3: -4 }), "a0"],
  ["view: a stride without an extent", "i8", [4, 3], flip, attrs({ 1: 1 }), "a1"],
  ["view: another element type", "i8", [4, 3], flip, output({ dtype: "u8" }), "operand 0.dtype"],
  ["view: an empty box", "i8", [4, 3], flip, attrs({ 15: 3 }), "a15"],
  ["view: a box below 0", "i8", [4, 3], flip, attrs({ 14: -1 }), "a14"],
  ["view: a box beyond the output", "i8", [4, 3], flip, attrs({ 19: 4 }), "a19"],
  ["view: a pad value without a pad", "i8", [4, 3], flip, attrs({ 20: 1 }), "a20"],
  ["view: a second offset without operand", "i8", [4, 3], flip, attrs({ 5: 1 }), "a5"],
  ["view: a split without operand", "i8", [4, 3], flip, attrs({ 11: 1 }), "a11"],
  ["view: an axis that is none", "i8", [4, 3], join, attrs({ 10: 4 }), "a10"],
  ["view: split 0", "i8", [4, 3], join, attrs({ 11: 0 }), "a11"],
  ["view: split at the end", "i8", [4, 3], join, attrs({ 11: 8 }), "a11"],
  ["view: the second operand left", "i8", [4, 3], join, attrs({ 5: 1 }), "a5"],
  ["view: pad value out of range", "u8", [4, 3], (b, x) => b.pad(x, [1, 0], [0, 0], 7), attrs({ 20: 256 }), "a20"],
];

function flip(b: ProgramBuilder, x: Value): Value {
  return b.slice(x, { start: [3, 2], size: [4, 3], step: [-1, -1] });
}

function join(b: ProgramBuilder, x: Value): Value {
  return b.concat([x, x], 0);
}

describe("validateProgram: operators", () => {
  for (const [name, dtype, shape, make, change, field] of cases) {
    it(`refuses ${name}`, () => {
      const { program, node } = changed(dtype, shape, make, change);
      expect(() => validateProgram(program))
        .to.throw(ProgramError)
        .that.includes({ node, field });
    });
  }
});
