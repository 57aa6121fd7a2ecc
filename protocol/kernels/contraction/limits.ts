/** Integers up to here are exact in a 32-bit float. */
export const EXACT_FLOAT = 2 ** 24;

/** Bounds on one dispatch, so that no watchdog of a GPU or a browser tab cuts it short. */
export const LIMITS = {
  /** Multiply-accumulates. */
  macs: 2 ** 25,
  /** Floats of the input slab: a texture of 2,048 × 1,024. */
  slab: 2 ** 21,
  /** Output elements; also keeps the flat layout's division exact. */
  outputs: 2 ** 20,
  /** Sums of a tile's rows over all channels, which are held as doubles. */
  sums: 2 ** 22,
  rows: 2 ** 14,
  channels: 256,
  terms: 8192,
  /** Shorter sums than this are not worth a dispatch. */
  shortestPart: 32,
  /** Every group is a dispatch that reads the whole slab: with fewer channels than this the slab costs more than the sums. */
  fewestGroupChannels: 4,
} as const;
