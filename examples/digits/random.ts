/** A seeded source of random numbers; equal seeds give equal sequences on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 random bits. */
  next(): number;
  /** Uniform in [low, high). */
  range(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  index(count: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
}

/**
 * Chris Doty-Humphrey's sfc32 (PractRand), seeded by `seed` and a stream number, so that each use (drawing of the
 * training images, of the test images, initial weights, shuffling) has its own independent sequence.
 */
export function createRandom(seed: number, stream: number): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;

  const nextInt = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first outputs still show the seed.
  for (let round = 0; round < 20; round++) nextInt();

  const next = (): number => nextInt() / 2 ** 32;
  return {
    next,
    range: (low, high) => low + (high - low) * next(),
    index: (count) => Math.floor(next() * count),
    chance: (probability) => next() < probability,
    // Box–Muller; 1 − next() is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
