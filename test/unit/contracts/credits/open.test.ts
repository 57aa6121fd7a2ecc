import { expect } from "chai";

import { HOUR, MAX_UINT128, deployCreditsFixture, type CreditsFixture } from "../../../support/credits-fixture.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

describe("ComputeCredits: open", () => {
  let f: CreditsFixture;
  let restore: () => Promise<void>;
  let deep: bigint;

  before(async () => {
    f = await deployCreditsFixture();
    deep = f.parameters.creditsMinDepth;
  });
  beforeEach(async () => {
    restore = await f.mark();
  });
  afterEach(() => restore());

  it("makes the canonical pool with the treasury's ORION and with credits that it owes", async () => {
    const opening = await f.credits.open(1_000n * CU, deep);
    const end = BigInt((await opening.getBlock())?.timestamp ?? 0) + BigInt(30 * DAY);
    const lock = 1_000n * f.parameters.creditsFloor;
    const fee = (lock * 25n) / 10_000n;
    await expect(opening)
      .to.emit(f.credits, "PositionOpened")
      .withArgs(1n, f.owner.address, await f.credits.getAddress(), 1_000n * CU, lock, end, fee);
    await expect(opening).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [f.owner, f.credits, f.dex],
      [-lock - fee - deep, lock, deep],
    );
    expect(await f.reserves()).to.deep.equal({ orion: deep, credits: 1_000n * CU });
    expect(await f.dex.balanceOf(f.owner, f.pool)).to.be.above(0n);
    // Nothing stays behind, and no allowance either.
    expect(await f.credits.balanceOf(f.credits)).to.equal(0n);
    for (const token of [f.orion, f.credits]) expect(await token.allowance(f.credits, f.dex)).to.equal(0n);
    // It takes no room of the hour's quota.
    expect((await f.credits.hourlyQuota()).minted).to.equal(0n);
  });

  it("is the treasury's alone, once, and nothing is minted before", async () => {
    expect(await f.credits.mintable()).to.equal(0n);
    await expect(f.mint(f.attacker, 1n)).to.be.revertedWithCustomError(f.credits, "NotOpen");
    await expect(f.credits.connect(f.attacker).open(CU, deep))
      .to.be.revertedWithCustomError(f.credits, "NotTreasury")
      .withArgs(f.attacker.address);
    await f.credits.open(CU, deep);
    await expect(f.credits.open(CU, deep)).to.be.revertedWithCustomError(f.credits, "AlreadyOpen");
    await f.mint(f.attacker, 1n);
  });

  it("refuses a shallow pool, nothing, more than the bootstrap cap, and a paused start", async () => {
    await expect(f.credits.open(CU, deep - 1n))
      .to.be.revertedWithCustomError(f.credits, "TooShallow")
      .withArgs(deep - 1n, deep);
    await expect(f.credits.open(0n, deep)).to.be.revertedWithCustomError(f.credits, "ZeroAmount");
    const cap = f.parameters.creditsBootstrapCap;
    await expect(f.credits.open(cap + 1n, deep))
      .to.be.revertedWithCustomError(f.credits, "CapExceeded")
      .withArgs(cap + 1n, cap);
    await f.credits.setPaused(true);
    await expect(f.credits.open(CU, deep)).to.be.revertedWithCustomError(f.credits, "MintingPaused");
  });

  it("begins the week after which the price counts: the first observation is a deep one", async () => {
    await f.credits.open((deep * CU) / ORION, deep);
    const first = await f.dex.observation(f.pool, 0n);
    await f.time.increase(6 * DAY);
    await f.hours(23);
    await f.time.increaseTo(first.time + BigInt(7 * DAY) - 1n);
    expect(await f.credits.isPriceLive()).to.equal(false);
    await f.time.increase(HOUR);
    await f.observe();
    expect(await f.credits.isPriceLive()).to.equal(true);
    await f.credits.connect(f.minter).mint(CU, DAY, MAX_UINT128, f.minter);
  });
});
