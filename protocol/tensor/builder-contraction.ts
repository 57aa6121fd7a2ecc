import { InvalidInputError } from "../common/errors.ts";
import { dtypeMax, dtypeMin, inRange } from "./dtype.ts";
import { MAX_SHIFT } from "./numbers.ts";
import { TABLE_COLUMNS } from "./ops/contraction.ts";
import { tensor } from "./shape.ts";
import type { DType, Tensor } from "./types.ts";

/** One value for all output channels, or one per channel. */
export type PerChannel = number | ArrayLike<number>;

/** What a contraction does with its exact sums: `rq(bias + Σ (A−zpX)(B−zpW), m, s, zpOut)`. */
export interface ContractionOptions {
  readonly dtype: DType;
  readonly m: PerChannel;
  readonly s: PerChannel;
  /** 0 unless given. */
  readonly bias?: PerChannel;
  readonly zpX?: number;
  readonly zpW?: PerChannel;
  readonly zpOut?: number;
}

/** A multiplier and shift with the same quotient m / 2^s and m odd, or s = 0. */
export function lowestTerms(m: number, s: number): { m: number; s: number } {
  while (s > 0 && m !== 0 && m % 2 === 0) [m, s] = [m / 2, s - 1];
  return { m, s };
}

function perChannel(values: PerChannel, channel: number, channels: number, name: string): number {
  if (typeof values === "number") return values;
  if (values.length !== channels) {
    throw new InvalidInputError(`${values.length} values of ${name} for ${channels} output channels`);
  }
  return values[channel]!;
}

function requireIn(value: number, lo: number, hi: number, name: string): void {
  if (!Number.isInteger(value) || value < lo || value > hi) {
    throw new InvalidInputError(`${name} ${value} is not an integer between ${lo} and ${hi}`);
  }
}

/** The table i32[N,4] of (bias, m, s, zero point of the weights). Throws InvalidInputError for values out of range. */
export function parameterTable(channels: number, weights: DType, options: ContractionOptions): Tensor {
  const data = new Int32Array(channels * TABLE_COLUMNS);
  for (let channel = 0; channel < channels; channel++) {
    const of = (values: PerChannel, name: string): number => perChannel(values, channel, channels, name);
    const bias = of(options.bias ?? 0, "bias");
    const { m, s } = lowestTerms(of(options.m, "m"), of(options.s, "s"));
    const zp = of(options.zpW ?? 0, "zpW");
    requireIn(bias, dtypeMin("i32"), dtypeMax("i32"), "bias");
    requireIn(m, 0, dtypeMax("i32"), "multiplier");
    requireIn(s, 0, MAX_SHIFT, "shift");
    if (!inRange(weights, zp)) requireIn(zp, dtypeMin(weights), dtypeMax(weights), "zero point of the weights");
    data.set([bias, m, s, zp], channel * TABLE_COLUMNS);
  }
  return tensor("i32", [channels, TABLE_COLUMNS], data);
}
