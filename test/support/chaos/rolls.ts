import { seededRandom } from "../network/troubled-node.ts";

/** Random choices that follow from seed, stream and counter alone. */
export interface Rolls {
  /** From 0 to below 1. */
  readonly next: () => number;
  /** A whole number, both ends included. */
  whole(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** The same choices each time that seed, stream and counter are the same. */
export function rollsOf(seed: number, stream: string, counter = 0): Rolls {
  const next = seededRandom(mix(mix(seed, hashOf(stream)), counter));
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    whole,
    chance: (probability) => next() < probability,
    pick(list) {
      return list[whole(0, list.length - 1)] as (typeof list)[number];
    },
  };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function mix(a: number, b: number): number {
  let mixed = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b + 0x9e3779b9, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4eb2f);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
