import type { Random } from "../../unit/tensor/random.ts";
import type { Cast } from "./cast.ts";
import type { World } from "./world.ts";

/** What every action of a random life is made from. */
export interface Stage {
  readonly world: World;
  readonly cast: Cast;
  readonly random: Random;
}

/** One kind of action, with random arguments each time; false if the contracts refused it. */
export interface Move {
  readonly name: string;
  readonly play: () => Promise<boolean>;
}

/** A random amount up to `most`, small and round ones among them. */
export function amountUpTo(random: Random, most: bigint): bigint {
  if (most <= 0n) return 0n;
  const kind = random.between(0, 9);
  if (kind === 0) return most;
  if (kind === 1) return 1n;
  return (most * BigInt(random.between(1, 1_000_000))) / 1_000_000n;
}
