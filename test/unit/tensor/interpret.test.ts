import { expect } from "chai";
import {
  evaluateElement,
  interpret,
  operandRanges,
  ProgramBuilder,
  tensor,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";
import { nearestEven } from "./naive-oracle.ts";

/** Elements of the one operator that `make` appends, on the given shard inputs. */
function run(inputs: readonly Tensor[], make: (b: ProgramBuilder, ...values: Value[]) => Value): number[] {
  const b = new ProgramBuilder();
  const values = inputs.map(({ dtype, dims, rank }) => b.shardInput(dtype, dims.slice(4 - rank)));
  const output = make(b, ...values);
  const { program, constants } = b.build(output);
  return Array.from(interpret(program, { constants, shared: [], shard: inputs })[output.node]!.data);
}

const i8 = (shape: number[], ...values: number[]): Tensor => tensor("i8", shape, Int8Array.from(values));
const u8 = (shape: number[], ...values: number[]): Tensor => tensor("u8", shape, Uint8Array.from(values));
const i32 = (shape: number[], ...values: number[]): Tensor => tensor("i32", shape, Int32Array.from(values));
const LO = -(2 ** 31);
const HI = 2 ** 31 - 1;

describe("interpreter, computed by hand", () => {
  it("matmul: zero points, bias, one rounding, saturation", () => {
    const a = u8([2, 2], 10, 12, 0, 255);
    const product = run([a], (b, x) => {
      const w = b.constant(i8([2, 2], 1, 2, -3, 4));
      return b.matmul(x, w, { dtype: "i8", zpX: 10, zpW: [0, 1], bias: [1, -1], m: [1, 3], s: [1, 1], zpOut: 5 });
    });
    // Row 0: (0,2). Channel 0: 4+1 = 5 → 2.5 → 2 → 7. Channel 1: 2·3−1 = 5 → 7.5 → 8 → 13.
    // Row 1: (−10,245). Channel 0: 480+1 → 240.5 → 240 → saturates. Channel 1: 40+735−1 = 774 → 1161 → saturates.
    expect(product).to.deep.equal([7, 13, 127, 127]);
  });

  it("matmul: a batch of matrices and one matrix for all", () => {
    const a = i8([2, 1, 2], 1, 2, 3, 4);
    const options = { dtype: "i32", m: 1, s: 0 } as const;
    expect(run([a], (b, x) => b.matmul(x, b.constant(i8([2, 1, 2], 1, 1, 10, 10)), options))).to.deep.equal([3, 70]);
    expect(run([a], (b, x) => b.matmul(x, b.constant(i8([1, 2], 1, 10)), options))).to.deep.equal([21, 43]);
  });

  it("conv2d: a padded tap contributes nothing even with a zero point", () => {
    const x = u8([1, 2, 2, 1], 3, 4, 5, 6);
    const ones = i8([1, 3, 3, 1], 1, 1, 1, 1, 1, 1, 1, 1, 1);
    const sums = run([x], (b, v) =>
      b.conv2d(v, b.constant(ones), { dtype: "i32", m: 1, s: 0, zpX: 3, pad: [1, 1, 1, 1] }),
    );
    expect(sums).to.deep.equal([6, 6, 6, 6]);
  });

  it("conv2d: stride, dilation and groups", () => {
    const x = i8([1, 1, 5, 2], 1, 10, 2, 20, 3, 30, 4, 40, 5, 50);
    const w = i8([2, 1, 2, 1], 1, 2, -1, 1);
    const y = run([x], (b, v) =>
      b.conv2d(v, b.constant(w), { dtype: "i32", m: 1, s: 0, stride: [1, 2], dilation: [1, 2], groups: 2 }),
    );
    // Taps at columns (0,2) and (2,4); channel 0 of the first group, channel 1 of the second.
    expect(y).to.deep.equal([1 + 2 * 3, -10 + 30, 3 + 2 * 5, -30 + 50]);
  });

  it("parameters from data may hold any bits", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [1, 1]);
    const y = b.matmul(x, b.constant(i8([4, 1], 1, 1, 1, 1)), { dtype: "i32", m: 1, s: 0 });
    const { program, constants } = b.build(y);
    // Rows: m below 0; shift below 0; shift beyond 62; zero point far outside i8, which counts as −128.
    const table = i32([4, 4], 7, -5, 0, 0, 7, 3, -9, 0, HI, HI, HI, 0, 0, 1, 0, LO);
    const inputs = { constants: [constants[0]!, table], shared: [], shard: [i8([1, 1], 100)] };
    expect(Array.from(interpret(program, inputs)[y.node]!.data)).to.deep.equal([0, 321, 1, 100 * 129]);
  });

  it("requantize, add, sub, mul", () => {
    const x = i8([4], -3, -1, 1, 3);
    const half = { dtype: "i8", m: 1, s: 1, zpOut: 10 } as const;
    expect(run([x], (b, v) => b.requantize(v, half))).to.deep.equal([8, 10, 10, 12]);
    const y = i8([4], 127, 127, -128, -128);
    expect(run([x, y], (b, p, q) => b.add(p, q, { dtype: "i8" }))).to.deep.equal([124, 126, -127, -125]);
    expect(run([y, y], (b, p, q) => b.add(p, q, { dtype: "i8" }))).to.deep.equal([127, 127, -128, -128]);
    const weighted = { dtype: "i16", ma: 3, mb: 1, s: 1, za: 1 } as const;
    expect(run([x, y], (b, p, q) => b.sub(p, q, weighted))).to.deep.equal([-70, -66, 64, 67]);
    expect(run([y, y], (b, p, q) => b.mul(p, q, { dtype: "i16", s: 2 }))).to.deep.equal([4032, 4032, 4096, 4096]);
  });

  it("exact sums beyond 2^53", () => {
    const [p, q] = [i32([2], LO, HI), i32([2], HI, HI)];
    const scale = { dtype: "i32", ma: HI, mb: HI, s: 62 } as const;
    // (−2^31 + 2^31−1)·(2^31−1) = −(2^31−1) → 0; 2·(2^31−1)² / 2^62 = 1.99… → 2.
    expect(run([p, q], (b, x, y) => b.add(x, y, scale))).to.deep.equal([0, 2]);
    expect(run([p, p], (b, x, y) => b.mul(x, y, { dtype: "i32", s: 31 }))).to.deep.equal([HI, 2 ** 31 - 2]);
    expect(run([p, q], (b, x, y) => b.mul(x, y, { dtype: "i32", s: 31 }))).to.deep.equal([-HI, 2 ** 31 - 2]);
  });

  it("sums that a double would round to a tie", () => {
    // 2^31·(2^30 + 1) + 1 lies just above a tie of s = 32; without its last bit it would round down.
    const [p, q] = [i8([1], 1), i32([1], 2 ** 30 + 6)];
    const scale = { dtype: "i32", ma: 2 ** 30 + 2, mb: HI, s: 32, zb: 5 } as const;
    expect(run([p, q], (b, x, y) => b.add(x, y, scale))).to.deep.equal([2 ** 29 + 1]);
    const mirrored = { dtype: "i32", ma: HI, mb: 2 ** 30 + 2, s: 32, za: 5 } as const;
    expect(run([q, p], (b, x, y) => b.add(x, y, mirrored))).to.deep.equal([2 ** 29 + 1]);
    expect(run([q, i8([1], -1)], (b, x, y) => b.sub(x, y, mirrored))).to.deep.equal([2 ** 29 + 1]);
  });

  it("products of shifted extremes", () => {
    const [p, q] = [i32([2], LO, HI), i32([2], LO, HI)];
    // (−2^31 − 2)·(−2^31 + 3) / 2^31 = 2^31 − 1 − 6/2^31; (2^31 − 3)·(2^31 + 2) / 2^31 = 2^31 − 1 − 6/2^31.
    const product = run([p, q], (b, x, y) => b.mul(x, y, { dtype: "i32", s: 31, za: 2, zb: -3 }));
    expect(product).to.deep.equal([HI, HI]);
    const halved = run([p, q], (b, x, y) => b.mul(x, y, { dtype: "i32", s: 33, za: 2, zb: -3 }));
    expect(halved).to.deep.equal([2 ** 29, 2 ** 29]);
    const squares = run([p, q], (b, x, y) => b.mul(x, y, { dtype: "i32", m: 3, s: 34, za: 99_999, zb: -7_777_777 }));
    expect(squares).to.deep.equal([naive(LO, LO), naive(HI, HI)]);
    function naive(x: number, y: number): number {
      return Number(nearestEven(BigInt(x - 99_999) * BigInt(y + 7_777_777) * 3n, 2n ** 34n));
    }
  });

  it("contractions that a double would round to a tie", () => {
    // 257·2^46 + 1 lies just above the tie 128.5 of s = 47.
    const terms = 258;
    const filled = (last: number, value: number): number[] => [...new Array<number>(terms - 1).fill(value), last];
    const x = i32([1, 1, terms, 1], ...filled(1, LO));
    const w = tensor("i16", [1, 1, terms, 1], Int16Array.from(filled(2, -32_767)));
    const options = { dtype: "i16", m: 1, s: 47, zpX: 0, zpW: 1, zpOut: -7 } as const;
    expect(run([x], (b, v) => b.conv2d(v, b.constant(w), options))).to.deep.equal([122]);
    const flat = [1, terms];
    const product = (bias: number, zpX: number): number[] =>
      run([i32(flat, ...filled(1 + zpX, LO + zpX))], (b, v) =>
        b.matmul(v, b.reshape(b.constant(w), flat), { ...options, zpX, bias }),
      );
    expect(product(0, 0)).to.deep.equal([122]);
    expect(product(-1, 0)).to.deep.equal([121]);
    expect(product(0, 9)).to.deep.equal([122]);
  });

  it("max, min, clamp", () => {
    const [p, q] = [i8([3], -128, 5, 127), i8([3], 0, 5, -1)];
    expect(run([p, q], (b, x, y) => b.max(x, y))).to.deep.equal([0, 5, 127]);
    expect(run([p, q], (b, x, y) => b.min(x, y))).to.deep.equal([-128, 5, -1]);
    expect(run([p], (b, x) => b.clamp(x, -1, 5))).to.deep.equal([-1, 5, 5]);
    expect(run([p], (b, x) => b.relu(x))).to.deep.equal([0, 5, 127]);
  });

  it("div: half even, by zero, and −2^31 by −1", () => {
    const p = i32([8], 7, 5, -5, 1, -1, 0, LO, HI);
    const q = i32([8], 2, 2, 2, 0, 0, 0, -1, -2);
    expect(run([p, q], (b, x, y) => b.div(x, y, "i32"))).to.deep.equal([4, 2, -2, HI, LO, 0, HI, -(2 ** 30)]);
    expect(run([p, q], (b, x, y) => b.div(x, y, "u8"))).to.deep.equal([4, 2, 0, 255, 0, 0, 255, 0]);
  });

  it("isqrt", () => {
    const x = i32([8], LO, -1, 0, 3, 4, 2_147_395_599, 2_147_395_600, HI);
    expect(run([x], (b, v) => b.isqrt(v, "i32"))).to.deep.equal([0, 0, 0, 1, 2, 46_339, 46_340, 46_340]);
    expect(run([x], (b, v) => b.isqrt(v, "i8"))).to.deep.equal([0, 0, 0, 1, 2, 127, 127, 127]);
  });

  it("lookup: clamped index, columns as a new axis", () => {
    const x = i8([4], -128, -1, 0, 127);
    const table = i32([3, 1], 10, 20, 30);
    expect(run([x], (b, v) => b.lookup(v, b.constant(table), 1))).to.deep.equal([10, 10, 20, 30]);
    expect(run([x], (b, v) => b.lookup(v, b.constant(table), HI))).to.deep.equal([30, 30, 30, 30]);
    const pairs = i8([2, 2], 1, 2, 3, 4);
    expect(run([x], (b, v) => b.lookup(v, b.constant(pairs)))).to.deep.equal([1, 2, 1, 2, 1, 2, 3, 4]);
  });

  it("reductions and argmax", () => {
    const x = i8([2, 3], 1, 127, 127, -128, -128, -5);
    expect(run([x], (b, v) => b.reduceSum(v, 1, "i32"))).to.deep.equal([255, -261]);
    expect(run([x], (b, v) => b.reduceSum(v, 1, "u8"))).to.deep.equal([255, 0]);
    expect(run([x], (b, v) => b.reduceSum(v, 2, "i8"))).to.deep.equal([-6]);
    expect(run([x], (b, v) => b.reduceMax(v, 1))).to.deep.equal([127, -5]);
    expect(run([x], (b, v) => b.argmax(v))).to.deep.equal([1, 2]);
    expect(run([i8([1, 3], -7, -7, -7)], (b, v) => b.argmax(v, 2))).to.deep.equal([0]);
  });

  it("pools: padding is ignored, averages round half to even around the zero point", () => {
    const x = i8([1, 2, 2, 1], -4, -3, -2, -1);
    const around = { kernel: [2, 2], stride: [1, 1], pad: [1, 1, 0, 0] } as const;
    expect(run([x], (b, v) => b.maxPool(v, around))).to.deep.equal([-4, -3, -2, -1]);
    // (−4); (−4−3)/2 = −3.5 → −4; (−4−2)/2 = −3; −10/4 = −2.5 → −2.
    expect(run([x], (b, v) => b.avgPool(v, around))).to.deep.equal([-4, -4, -3, -2]);
    // Around −1: −3; −2.5 → −2; −2; −1.5 → −2.
    expect(run([x], (b, v) => b.avgPool(v, { ...around, zp: -1 }))).to.deep.equal([-4, -3, -3, -3]);
  });

  it("views", () => {
    const x = i8([2, 3], 1, 2, 3, 4, 5, 6);
    expect(run([x], (b, v) => b.reshape(v, [3, -1]))).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(run([x], (b, v) => b.transpose(v, [1, 0]))).to.deep.equal([1, 4, 2, 5, 3, 6]);
    expect(run([x], (b, v) => b.slice(v, { start: [1, 2], size: [2, 2], step: [-1, -2] }))).to.deep.equal([6, 4, 3, 1]);
    expect(run([i8([2, 1], 7, 8)], (b, v) => b.broadcast(v, [2, 2, 2]))).to.deep.equal([7, 7, 8, 8, 7, 7, 8, 8]);
    const y = i8([2, 1], 8, 9);
    expect(run([x, y], (b, v, w) => b.concat([v, w], -1))).to.deep.equal([1, 2, 3, 8, 4, 5, 6, 9]);
    expect(run([y], (b, v) => b.concat([v, v, v], 0))).to.deep.equal([8, 9, 8, 9, 8, 9]);
    expect(run([y], (b, v) => b.pad(v, [1, 0], [0, 1], -5))).to.deep.equal([-5, -5, 8, -5, 9, -5]);
  });
});

describe("evaluateElement and operandRanges", () => {
  it("compute one element from the operands alone", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [1, 2]);
    const y = b.add(x, x, { dtype: "i16" });
    const { program } = b.build(y);
    const values = [i8([1, 2], 100, -100)];
    expect([0, 1].map((out) => evaluateElement(program, 1, values, out))).to.deep.equal([200, -200]);
    expect(evaluateElement(program, 0, values, 1)).to.equal(-100);
    expect(() => evaluateElement(program, 1, values, 2)).to.throw("has no element 2");
    expect(() => evaluateElement(program, 2, values, 0)).to.throw("node 2 has no element 0");
    expect(() => evaluateElement(program, 1, values, -1)).to.throw("has no element -1");
    expect(() => evaluateElement(program, 1, [], 0)).to.throw("value of node 0 is missing");
  });

  it("name one range per kernel row, real taps only", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [1, 4, 5, 2]);
    const w = b.constant(i8([3, 3, 3, 2], ...new Array<number>(54).fill(1)));
    const y = b.conv2d(x, w, { dtype: "i8", m: 1, s: 0, pad: [1, 1, 1, 1] });
    const node = b.build(y).program.nodes[y.node]!;
    // Output (row 0, column 4, channel 2): rows 0 and 1, columns 3 and 4 of X.
    expect(operandRanges(node, 4 * 3 + 2)).to.deep.equal([
      { operand: 0, first: 6, count: 4 },
      { operand: 0, first: 16, count: 4 },
      { operand: 1, first: 36, count: 18 },
      { operand: 2, first: 8, count: 4 },
    ]);
  });

  it("follow the data of a lookup", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [3]);
    const y = b.lookup(x, b.constant(i8([4, 2], 0, 1, 2, 3, 4, 5, 6, 7)), 1);
    const node = b.build(y).program.nodes[y.node]!;
    expect(operandRanges(node, 3)).to.deep.equal([{ operand: 0, first: 1, count: 1 }]);
    expect(operandRanges(node, 3, () => 1)[1]).to.deep.equal({ operand: 1, first: 5, count: 1 });
  });

  it("are none for a pad value", () => {
    const b = new ProgramBuilder();
    const y = b.pad(b.shardInput("i8", [2]), [1], [0], 3);
    const node = b.build(y).program.nodes[y.node]!;
    expect([0, 1, 2].map((out) => operandRanges(node, out).length)).to.deep.equal([0, 1, 1]);
  });
});

describe("interpret", () => {
  const b = new ProgramBuilder();
  const sum = b.add(b.shardInput("i8", [2]), b.sharedInput("i8", [2]), { dtype: "i8" });
  const { program } = b.build(b.add(sum, b.constant(i8([2], 1, 2)), { dtype: "i8" }));
  const [shard, shared, constants] = [[i8([2], 1, 1)], [i8([2], 5, 6)], [i8([2], 1, 2)]];

  it("gives the tensor of every node", () => {
    const values = interpret(program, { constants, shared, shard });
    expect(values.map(({ data }) => Array.from(data))).to.deep.equal([
      [1, 1],
      [5, 6],
      [6, 7],
      [1, 2],
      [7, 9],
    ]);
  });

  it("refuses tensors that are missing or of another type", () => {
    expect(() => interpret(program, { constants: [], shared, shard })).to.throw("constant 0 is missing");
    expect(() => interpret(program, { constants, shared: [], shard })).to.throw("shared slot 0 is missing");
    expect(() => interpret(program, { constants, shared, shard: [u8([2], 1, 1)] })).to.throw(
      "shard slot 0 is u8[2], but the program reads i8[2]",
    );
  });
});
