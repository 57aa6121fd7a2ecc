import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { MAX_UINT128, deployCreditsFixture, type CreditsFixture } from "./credits-fixture.ts";
import { CU, DAY, ORION } from "./market-fixture.ts";

/** Seconds for which positions are opened unless a test says otherwise. */
export const TERM = 10 * DAY;

/** Mints to the holder, or to whom it is told, and returns the position's number. */
export type OpenPosition = (debt: bigint, to?: HardhatEthersSigner, term?: number) => Promise<bigint>;

/** ORION wei per CU at which the pool is opened: so little that only the floor ever counts. */
const CHEAP = ORION / 10n;

/** Credits whose pool has just been opened for all tests of a suite, each of which finds them as they were made. */
export function onFreshCredits(use: (f: CreditsFixture, open: OpenPosition) => void): void {
  let f: CreditsFixture;
  let restore: () => Promise<void>;
  before(async () => {
    f = await deployCreditsFixture();
    await f.provide((f.parameters.creditsMinDepth * CU) / CHEAP, CHEAP);
    use(f, async (debt, to = f.holder, term = TERM) => {
      await f.credits.connect(f.minter).mint(debt, term, MAX_UINT128, to);
      return await f.credits.positions();
    });
  });
  beforeEach(async () => {
    restore = await f.mark();
  });
  afterEach(() => restore());
}
