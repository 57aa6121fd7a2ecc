import {
  naiveNode,
  naiveProof,
  naiveRoot,
  naiveTensorLeaves,
  sha,
  someBytes,
  someLeaves,
} from "../../unit/tree/naive-tree.ts";

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

export interface TreeVectors {
  readonly rule: { readonly bytes: string; readonly leaves: string };
  /** Root of an empty subtree, by height. */
  readonly zeroHashes: readonly string[];
  readonly tensors: readonly { readonly length: number; readonly seed: number; readonly root: string }[];
  readonly ranges: readonly {
    readonly count: number;
    readonly first: number;
    readonly last: number;
    readonly root: string;
    readonly proof: readonly string[];
  }[];
  readonly descriptor: { readonly length: number; readonly seed: number; readonly leaf: string };
  /** A trace of so many nodes, and the outputs root of claims whose shards have so many outputs each. */
  readonly trace: { readonly nodes: number; readonly seed: number; readonly root: string };
  readonly outputs: readonly {
    readonly shards: number;
    readonly outputs: number;
    readonly seeds: readonly number[];
    readonly leaves: readonly string[];
    readonly root: string;
  }[];
  readonly inputs: {
    readonly shared: { readonly count: number; readonly seed: number };
    readonly shards: { readonly count: number; readonly slots: number; readonly seeds: readonly number[] };
    readonly root: string;
  };
}

/** Golden vectors of every tree, from the recursive definition over Node's SHA-256; byte i of `someBytes` is in `rule`. */
export function makeVectors(): TreeVectors {
  const ranges = [
    [1, 0, 0],
    [2, 1, 1],
    [3, 2, 2],
    [5, 0, 4],
    [5, 4, 4],
    [8, 3, 4],
    [13, 4, 7],
    [13, 5, 12],
    [100, 63, 65],
  ] as const;
  return {
    rule: {
      bytes: "byte i of (length, seed) = (i*131 + (i>>8)*7 + seed) & 255",
      leaves: "leaf i of (count, seed) = sha256(seed & 255, i & 255, i >> 8)",
    },
    zeroHashes: Array.from({ length: 25 }, (_, level) => hex(zeroAt(level))),
    tensors: [1, 1000, 1023, 1024, 1025, 2048, 3000, 5121].map((length) => ({
      length,
      seed: length & 255,
      root: hex(naiveRoot(naiveTensorLeaves(someBytes(length, length & 255)))),
    })),
    ranges: ranges.map(([count, first, last]) => ({
      count,
      first,
      last,
      root: hex(naiveRoot(someLeaves(count))),
      proof: naiveProof(someLeaves(count), first, last).map(hex),
    })),
    descriptor: { length: 416, seed: 7, leaf: hex(sha([3], someBytes(416, 7))) },
    trace: { nodes: 5, seed: 0, root: hex(naiveRoot(someLeaves(5, 0))) },
    outputs: [1, 2, 3, 16].map((outputs) => {
      const seeds = [0, 1, 2];
      const leaves = seeds.map((seed) => naiveRoot(someLeaves(outputs, seed)));
      return { shards: 3, outputs, seeds, leaves: leaves.map(hex), root: hex(naiveRoot(leaves)) };
    }),
    inputs: {
      shared: { count: 2, seed: 9 },
      shards: { count: 3, slots: 2, seeds: [0, 1, 2] },
      root: hex(naiveRoot([...someLeaves(2, 9), ...[0, 1, 2].flatMap((shard) => someLeaves(2, shard))])),
    },
  };
}

/** Height by height, because the recursion would visit 2^24 leaves. */
function zeroAt(level: number): Uint8Array {
  if (level === 0) return naiveNode([], 0, 1);
  const child = zeroAt(level - 1);
  return sha([1], child, child);
}
