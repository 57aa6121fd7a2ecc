import type { Terms } from "@orion/protocol/chain";
import { optionsOf } from "@orion/protocol/disputes";

import { DAY, FAST, ORION, type MarketFixture } from "./market-fixture.ts";
import type { Job } from "./market-steps.ts";

const MAX_UINT128 = 2n ** 128n - 1n;

/** Options of a job of the fast profile whose escrow is minted for it. */
export const MINTED = optionsOf({ profile: FAST, minted: true });

export interface MintedJob extends Job {
  /** Number of the position that was opened for it. */
  readonly position: bigint;
}

/** Gives the poster ORION that it may lock for the escrows of its jobs. */
export async function fundMints({ orion, credits, poster }: MarketFixture): Promise<void> {
  await orion.transfer(poster, 18_000_000n * ORION);
  await orion.connect(poster).approve(credits, MAX_UINT128);
}

/** Posts a job of the poster, whose escrow is minted for it. */
export async function postMinted(
  f: MarketFixture,
  overrides: Partial<Terms> = {},
  termSeconds = 10 * DAY,
): Promise<MintedJob> {
  const terms = f.terms({ options: MINTED, ...overrides });
  await f.credits.connect(f.poster).mintForJob(terms, termSeconds, MAX_UINT128);
  return { terms, id: await f.market.jobIdOf(terms), position: await f.credits.positions() };
}
