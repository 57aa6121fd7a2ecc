import type { GraphTensor } from "@orion/protocol/models";

import { f32 } from "./write-model.ts";

/** Numbers in [0, 1) that are the same in every run. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** A tensor of floats in [low, high). */
export function randomTensor(random: () => number, dims: readonly number[], low = -1, high = 1): GraphTensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return f32(
    dims,
    Array.from({ length: count }, () => low + (high - low) * random()),
  );
}

/** Largest absolute difference of two lists of numbers; Infinity where their lengths differ. */
export function largestDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const difference = Math.abs(Number(a[i]) - Number(b[i]));
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}
