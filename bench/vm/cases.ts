import { tensorType, type ProgramBuilder, type DType, type Value } from "@orion/protocol/tensor";

import { ascending, noiseConstant, type Build, type Fill } from "./claims.ts";

export interface GasCase {
  readonly name: string;
  readonly build: Build;
  /** Flat index of the element; the middle of the tensor unless given. */
  readonly element?: number;
  /** Most gas that the transaction may need. */
  readonly limit?: number;
}

const CHANNELS = { m: 1_518_500_251, s: 38 } as const;

/** A computed tensor: its elements are proved against the claim's root. */
function computed(b: ProgramBuilder, dtype: DType, shape: readonly number[]): Value {
  return b.isqrt(b.sharedInput(dtype, shape), dtype);
}

/** A per-channel table whose bytes are as dense as those of a real model. */
function dense(channels: number): { dtype: DType; m: number[]; s: number; bias: number[]; zpW: number[] } {
  const values = (from: number, step: number): number[] => Array.from({ length: channels }, (_, n) => from + n * step);
  return { dtype: "i8", m: values(CHANNELS.m, 2), s: CHANNELS.s, bias: values(-19_088_743, 65_793), zpW: values(0, 0) };
}

function matmul(
  terms: number,
  options: { rows?: number; channels?: number; dtypes?: readonly [DType, DType] } = {},
): Build {
  const { rows = 1024, channels = 1024, dtypes = ["i8", "i8"] } = options;
  return (b) => {
    const x = computed(b, dtypes[0], [rows, terms]);
    const w = noiseConstant(b, tensorType(dtypes[1], [channels, terms]));
    return b.matmul(x, w, { ...dense(channels), zpX: 3 });
  };
}

const IMAGE = [1, 56, 56, 64] as const;

function conv(kernel: number, groups: number): Build {
  return (b) => {
    const x = computed(b, "i8", IMAGE);
    const w = noiseConstant(b, tensorType("i8", [64, kernel, kernel, 64 / groups]));
    return b.conv2d(x, w, { ...dense(64), zpX: 3, groups, pad: [1, 1, 1, 1] });
  };
}

const SHAPE = [256, 1024] as const;
const unary =
  (append: (b: ProgramBuilder, x: Value) => Value, dtype: DType = "i8", shape: readonly number[] = SHAPE): Build =>
  (b) =>
    append(b, computed(b, dtype, shape));
const binary =
  (append: (b: ProgramBuilder, x: Value, y: Value) => Value, dtype: DType = "i8"): Build =>
  (b) =>
    append(b, computed(b, dtype, SHAPE), computed(b, dtype, SHAPE));
const POOL = { kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] } as const;

/** The published figures: every operator at the size of a layer, and the sizes that have a target. */
export const CASES: readonly GasCase[] = [
  { name: "matmul i8 K=1024", build: matmul(1024), limit: 350_000 },
  { name: "matmul i8 K=1024, A of 16 MiB", build: matmul(1024, { rows: 16_384, channels: 256 }), limit: 350_000 },
  { name: "matmul i8 K=1023, worst alignment", build: matmul(1023), element: 500 * 1024 + 500 },
  { name: "matmul i8 K=4096", build: matmul(4096), limit: 650_000 },
  { name: "matmul i16 K=512", build: matmul(512, { dtypes: ["i16", "i16"] }) },
  { name: "conv2d 3x3 of 64 channels", build: conv(3, 1) },
  { name: "conv2d 3x3 depthwise", build: conv(3, 64) },
  { name: "requantize", build: unary((b, x) => b.requantize(x, { dtype: "i8", m: CHANNELS.m, s: 38 }), "i32") },
  { name: "add", build: binary((b, x, y) => b.add(x, y, { dtype: "i8", ma: 3, mb: 5, s: 3 })) },
  { name: "sub", build: binary((b, x, y) => b.sub(x, y, { dtype: "i8", ma: 3, mb: 5, s: 3 })) },
  { name: "mul", build: binary((b, x, y) => b.mul(x, y, { dtype: "i8", m: 3, s: 7 })) },
  { name: "max", build: binary((b, x, y) => b.max(x, y)) },
  { name: "min", build: binary((b, x, y) => b.min(x, y)) },
  { name: "clamp", build: unary((b, x) => b.clamp(x, -5, 90)) },
  {
    name: "lookup",
    build: (b) => b.lookup(computed(b, "i8", SHAPE), noiseConstant(b, tensorType("i8", [256, 1])), 128),
  },
  { name: "div", build: binary((b, x, y) => b.div(x, y, "i16"), "i32") },
  { name: "isqrt", build: unary((b, x) => b.isqrt(x, "i16"), "i32") },
  { name: "view (transpose)", build: unary((b, x) => b.transpose(x, [1, 0])) },
  { name: "reduceSum of 1024", build: unary((b, x) => b.reduceSum(x, 1, "i32")) },
  { name: "reduceMax of 1024", build: unary((b, x) => b.reduceMax(x, 1)) },
  { name: "argmax of 1024", build: unary((b, x) => b.argmax(x, 1)) },
  { name: "maxPool 3x3", build: unary((b, x) => b.maxPool(x, POOL), "i8", IMAGE) },
  { name: "avgPool 3x3", build: unary((b, x) => b.avgPool(x, POOL), "i8", IMAGE) },
];

/** Cases whose size grows until the validator refuses them: the worst step of a valid program. */
export interface WorstCase {
  readonly name: string;
  readonly build: (size: number) => Build;
  readonly max: number;
  /** What the operands hold where noise is not the dearest: in noise a new maximum is rare. */
  readonly fill?: Fill;
}

const worstPool =
  (op: "maxPool" | "avgPool", dtype: DType) =>
  (size: number): Build =>
    unary((b, x) => b[op](x, { kernel: [size, size] }), dtype, [1, size, size, 2]);

function worstConv(dtypes: readonly [DType, DType], channels: number, dilation: number, groups: number) {
  return (size: number): Build =>
    (b) => {
      const extent = dilation * (size - 1) + 1;
      const x = computed(b, dtypes[0], [1, extent, extent, channels]);
      const w = noiseConstant(b, tensorType(dtypes[1], [groups, size, size, channels / groups]));
      return b.conv2d(x, w, { ...dense(groups), zpX: 3, groups, dilation: [dilation, dilation] });
    };
}

const pairs: readonly (readonly [DType, DType])[] = [
  ["i8", "i8"],
  ["i8", "i16"],
  ["i16", "i16"],
  ["i32", "i8"],
  ["i16", "i32"],
];

export const WORST: readonly WorstCase[] = [
  ...pairs.map((dtypes) => ({
    name: `matmul ${dtypes.join(" x ")}`,
    build: (terms: number): Build => matmul(terms, { rows: 2, channels: 2, dtypes }),
    max: 100_000,
  })),
  { name: "conv2d dense", build: worstConv(["i8", "i8"], 8, 1, 1), max: 200 },
  { name: "conv2d depthwise", build: worstConv(["i8", "i8"], 2, 1, 2), max: 300 },
  { name: "conv2d dilated depthwise", build: worstConv(["i8", "i8"], 2, 3, 2), max: 300 },
  { name: "conv2d depthwise i16", build: worstConv(["i16", "i16"], 2, 1, 2), max: 300 },
  {
    name: "conv2d of many rows apart",
    build: (rows) => (b) => {
      const x = computed(b, "i8", [1, rows, 3000, 1]);
      const w = noiseConstant(b, tensorType("i8", [1, rows, 1, 1]));
      return b.conv2d(x, w, { ...dense(1), zpX: 3 });
    },
    max: 200,
  },
  ...(["i8", "i16", "i32"] as const).flatMap((dtype) => [
    {
      name: `reduceSum ${dtype}`,
      build: (n: number): Build => unary((b, x) => b.reduceSum(x, 1, "i32"), dtype, [2, n]),
      max: 100_000,
    },
    {
      name: `argmax ${dtype}`,
      build: (n: number): Build => unary((b, x) => b.argmax(x, 1), dtype, [2, n]),
      max: 100_000,
    },
  ]),
  ...(["i8", "i16", "i32"] as const).flatMap((dtype) => [
    {
      name: `argmax ${dtype}, every element a new maximum`,
      build: (n: number): Build => unary((b, x) => b.argmax(x, 1), dtype, [2, n]),
      max: 100_000,
      fill: ascending,
    },
    {
      name: `reduceMax ${dtype}, every element a new maximum`,
      build: (n: number): Build => unary((b, x) => b.reduceMax(x, 1), dtype, [2, n]),
      max: 100_000,
      fill: ascending,
    },
    {
      name: `maxPool ${dtype}, every element a new maximum`,
      build: worstPool("maxPool", dtype),
      max: 400,
      fill: ascending,
    },
  ]),
  { name: "reduceMax i8", build: (n) => unary((b, x) => b.reduceMax(x, 1), "i8", [2, n]), max: 100_000 },
  { name: "maxPool i8", build: worstPool("maxPool", "i8"), max: 400 },
  { name: "avgPool i8", build: worstPool("avgPool", "i8"), max: 400 },
  { name: "avgPool i32", build: worstPool("avgPool", "i32"), max: 400 },
];
