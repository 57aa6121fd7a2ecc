import { ProgramBuilder, type BuiltProgram, type Value } from "../../tensor/builder.ts";
import { allocate, dtypeMax, dtypeMin } from "../../tensor/dtype.ts";
import { elementCount, tensor, tensorType } from "../../tensor/shape.ts";
import type { DType, Tensor } from "../../tensor/types.ts";

/** A program with the inputs of one run. */
export interface TestCase extends BuiltProgram {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly macs: number;
}

/** Deterministic 32-bit generator (an LCG's upper bits): the same operands on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** A tensor of random elements; about one in `extremes` is the smallest or the largest of its dtype. */
export function randomTensor(dtype: DType, shape: readonly number[], random: () => number, extremes = 4): Tensor {
  const [lo, hi] = [dtypeMin(dtype), dtypeMax(dtype)];
  const data = allocate(dtype, elementCount(tensorType(dtype, shape).dims));
  for (let i = 0; i < data.length; i++) {
    const extreme = random() * extremes < 1;
    data[i] = extreme ? (random() < 0.5 ? lo : hi) : lo + Math.floor(random() * (hi - lo + 1));
  }
  return tensor(dtype, shape, data);
}

function testCase(
  name: string,
  inputs: readonly Tensor[],
  macs: number,
  write: (builder: ProgramBuilder, inputs: Value[]) => Value,
): TestCase {
  const builder = new ProgramBuilder();
  const values = inputs.map((input) => builder.shardInput(input.dtype, input.dims.slice(4 - input.rank)));
  return { name, inputs, macs, ...builder.build(write(builder, values)) };
}

const exact = { dtype: "i32", m: 1, s: 0 } as const;

/** Sums of 1,024 products of −128 and −128: exactly 2^24, the last integer before floats have gaps. */
function extremeMatmul(random: () => number): TestCase {
  const x = randomTensor("i8", [5, 1024], random, 1);
  const w = randomTensor("i8", [6, 1024], random, 1);
  x.data.fill(-128, 0, 1024);
  w.data.fill(-128, 0, 1024);
  w.data.fill(127, 1024, 2048);
  return testCase("matmul of extremes", [x], 5 * 6 * 1024, (b, [a]) => b.matmul(a as Value, b.constant(w), exact));
}

/** Sums of 600 products of 255 and 255, which have to be split. */
function splitMatmul(random: () => number): TestCase {
  const x = randomTensor("u8", [7, 600], random);
  const w = randomTensor("u8", [9, 600], random);
  x.data.fill(255, 0, 600);
  w.data.fill(255, 0, 600);
  return testCase("matmul in parts", [x], 7 * 9 * 600, (b, [a]) => b.matmul(a as Value, b.constant(w), exact));
}

function paddedConv(random: () => number): TestCase {
  const x = randomTensor("u8", [2, 9, 8, 3], random);
  const w = randomTensor("i8", [5, 3, 2, 3], random);
  const options = { ...exact, zpX: 200, stride: [2, 1], dilation: [1, 2], pad: [2, 1, 1, 0] } as const;
  return testCase("padded conv2d", [x], 0, (b, [a]) => b.conv2d(a as Value, b.constant(w), options));
}

/** The shape of an inner layer of a small image network; its time gives the backend's rate. */
export function measuredConv(random: () => number): TestCase {
  const x = randomTensor("i8", [4, 16, 16, 16], random);
  const w = randomTensor("i8", [32, 3, 3, 16], random);
  const options = { dtype: "i8", m: 1, s: 11, pad: [1, 1, 1, 1] } as const;
  return testCase("conv2d of a network", [x], 4 * 256 * 32 * 144, (b, [a]) =>
    b.conv2d(a as Value, b.constant(w), options),
  );
}

/** Pairs of products of −32,768 and −32,768, whose sums need 33 bits. */
function widePairs(random: () => number): TestCase {
  const x = randomTensor("i16", [5, 37], random, 1);
  const w = randomTensor("i16", [9, 37], random, 1);
  x.data.fill(-32_768, 0, 37);
  w.data.fill(-32_768, 0, 37);
  const options = { dtype: "i32", m: 1, s: 6, zpX: -32_768, zpW: 32_767 } as const;
  return testCase("matmul of 16 bits", [x], 0, (b, [a]) => b.matmul(a as Value, b.constant(w), options));
}

/** Sums beyond 2^53. */
function wideMatmul(random: () => number): TestCase {
  const x = randomTensor("i32", [3, 133], random, 1);
  const w = randomTensor("i16", [5, 133], random, 1);
  x.data.fill(-(2 ** 31), 0, 133);
  w.data.fill(-32_768, 0, 133);
  const options = { dtype: "i32", m: 2 ** 31 - 1, s: 62, zpW: 32_767 } as const;
  return testCase("matmul of 32 bits", [x], 0, (b, [a]) => b.matmul(a as Value, b.constant(w), options));
}

/** Groups of one channel and of several, and multipliers whose quotients meet ties. */
function groupedConv(random: () => number, groups: number, outputs: number): TestCase {
  const x = randomTensor("i8", [1, 6, 5, 12], random);
  const w = randomTensor("i8", [outputs, 3, 2, 12 / groups], random);
  const options = { dtype: "i8", m: 1, s: 5, zpX: -128, pad: [1, 1, 2, 0], groups } as const;
  return testCase(`conv2d of ${groups} groups`, [x], 0, (b, [a]) => b.conv2d(a as Value, b.constant(w), options));
}

/** Contractions that a backend must compute exactly. */
export function contractionCases(random: () => number): TestCase[] {
  return [
    extremeMatmul(random),
    splitMatmul(random),
    paddedConv(random),
    measuredConv(random),
    widePairs(random),
    wideMatmul(random),
    groupedConv(random, 12, 24),
    groupedConv(random, 4, 12),
    groupedConv(random, 2, 18),
  ];
}
