import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { MAX_UINT128, type CreditsFixture } from "../../../support/credits-fixture.ts";
import { rollFee } from "../../../support/credits-maths.ts";
import { TERM, onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;
const WEEK = 7n * BigInt(DAY);

describe("ComputeCredits: roll", () => {
  let f: CreditsFixture;
  let minter: HardhatEthersSigner;
  let holder: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    ({ minter, holder } = made);
    mint = open;
  });
  /** A higher floor, in a pool whose price is not live: it asks positions for no more than that. */
  const raiseFloor = async (): Promise<bigint> => {
    await f.time.increase(7 * DAY);
    const floor = ((await f.floor()) * 5n) / 4n;
    await f.credits.setFloor(floor);
    return floor;
  };

  it("by the owner extends the term from now, for 0.25% of the lock per 30 days from the old end on", async () => {
    const id = await mint(CU);
    const { end: from } = await f.credits.position(id);
    await f.time.increase(DAY);
    const supply = await f.orion.totalSupply();
    const rolling = await f.credits.connect(minter).roll(id, 20 * DAY, MAX_UINT128);
    const end = BigInt((await rolling.getBlock())?.timestamp ?? 0) + BigInt(20 * DAY);
    const fee = rollFee(FLOOR, end - from);
    await expect(rolling).to.emit(f.credits, "PositionRolled").withArgs(id, minter.address, 0n, FLOOR, end, fee);
    await expect(rolling).to.changeTokenBalances(f.ethers, f.orion, [minter, f.credits], [-fee, 0n]);
    expect((await f.credits.position(id)).end).to.equal(end);
    expect(supply - (await f.orion.totalSupply())).to.equal(fee);
  });

  it("of a position that has ended pays for the time since its end too", async () => {
    const id = await mint(CU, minter, 1);
    const { end: from } = await f.credits.position(id);
    // As long as nobody delivers the owner may come back, but not for nothing.
    await f.time.setNextBlockTimestamp(from + 6n * BigInt(DAY));
    const rolling = f.credits.connect(minter).roll(id, 10 * DAY, MAX_UINT128);
    const fee = rollFee(FLOOR, 16n * BigInt(DAY));
    await expect(rolling).to.changeTokenBalance(f.ethers, f.orion, minter, -fee);
  });

  it("moves the end by at least 7 days, to the second", async () => {
    const id = await mint(CU);
    const { end } = await f.credits.position(id);
    const now = BigInt(await f.time.latest()) + 10n;
    await f.time.setNextBlockTimestamp(now);
    const term = end + WEEK - now;
    await expect(f.credits.connect(minter).roll(id, term - 1n, MAX_UINT128))
      .to.be.revertedWithCustomError(f.credits, "RollTooShort")
      .withArgs(id, end + WEEK);
    await f.time.setNextBlockTimestamp(now + 1n);
    await f.credits.connect(minter).roll(id, term - 1n, MAX_UINT128);
    expect((await f.credits.position(id)).end).to.equal(end + WEEK);
  });

  it("raises the lock to today's collateral; anyone may who pays for it and for the time", async () => {
    const id = await mint(CU, holder, 20 * DAY);
    const { end: from } = await f.credits.position(id);
    const floor = await raiseFloor();
    const quoted = await f.credits.quoteRoll(id, 30 * DAY);
    const rolling = await f.credits.connect(holder).roll(id, 30 * DAY, MAX_UINT128);
    const { end, lock } = await f.credits.position(id);
    const fee = rollFee(floor, end - from);
    await expect(rolling).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [holder, f.credits],
      [FLOOR - floor - fee, floor - FLOOR],
    );
    expect(lock).to.equal(floor);
    // Quoted a second before.
    expect([quoted.topUp, quoted.fee, quoted.end]).to.deep.equal([
      floor - FLOOR,
      rollFee(floor, end - 1n - from),
      end - 1n,
    ]);
  });

  it("by a stranger with nothing to pay is refused: it could only put off a delivery", async () => {
    const id = await mint(CU);
    await expect(f.credits.connect(holder).roll(id, 20 * DAY, MAX_UINT128))
      .to.be.revertedWithCustomError(f.credits, "NothingToTopUp")
      .withArgs(id);
  });

  it("refuses a cost above the payer's limit and a wrong term", async () => {
    const id = await mint(CU, holder, 20 * DAY);
    const floor = await raiseFloor();
    const { end: from } = await f.credits.position(id);
    const now = BigInt(await f.time.latest()) + 10n;
    await f.time.setNextBlockTimestamp(now);
    const cost = floor - FLOOR + rollFee(floor, now + BigInt(30 * DAY) - from);
    await expect(f.credits.connect(minter).roll(id, 30 * DAY, cost - 1n))
      .to.be.revertedWithCustomError(f.credits, "CostAboveLimit")
      .withArgs(cost, cost - 1n);
    for (const term of [0, 30 * DAY + 1]) {
      await expect(f.credits.connect(minter).roll(id, term, MAX_UINT128)).to.be.revertedWithCustomError(
        f.credits,
        "TermOutOfBounds",
      );
    }
  });

  it("asks for nothing that a redeem gives back: the fee of a roll burns", async () => {
    const id = await mint(CU, minter, TERM);
    const before = await f.orion.balanceOf(minter);
    await f.credits.connect(minter).roll(id, 30 * DAY, MAX_UINT128);
    await f.credits.connect(minter).redeem(id, CU);
    const fee = before + FLOOR - (await f.orion.balanceOf(minter));
    expect(fee).to.be.above(rollFee(FLOOR, 19n * BigInt(DAY)));
  });
});
