import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { MAX_UINT128, type CreditsFixture } from "../../../support/credits-fixture.ts";
import { mintFee } from "../../../support/credits-maths.ts";
import { TERM, onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;

describe("ComputeCredits: mint", () => {
  let f: CreditsFixture;
  let minter: HardhatEthersSigner;
  let holder: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    ({ minter, holder } = made);
    mint = open;
  });

  /** The fee of a lock that takes so much of an unused quota, for 30 days. */
  const feeOf = async (lock: bigint, amount: bigint, before = 0n): Promise<bigint> => {
    const { quota } = await f.credits.hourlyQuota();
    return mintFee(lock, BigInt(30 * DAY), { quota, before, amount });
  };

  it("locks ceil(debt × floor) ORION, burns the fee and gives the credits to whom the minter says", async () => {
    const locked = await f.credits.totalLocked();
    const fee = await feeOf(6n * ORION, 3n * CU);
    const supply = await f.orion.totalSupply();
    const minting = await f.credits.connect(minter).mint(3n * CU, TERM, 6n * ORION + fee, holder);
    const id = await f.credits.positions();
    const end = BigInt((await minting.getBlock())?.timestamp ?? 0) + BigInt(TERM);
    await expect(minting)
      .to.emit(f.credits, "PositionOpened")
      .withArgs(id, minter.address, holder.address, 3n * CU, 6n * ORION, end, fee);
    const [paid, kept] = [-6n * ORION - fee, 6n * ORION];
    await expect(minting).to.changeTokenBalances(f.ethers, f.orion, [minter, f.credits], [paid, kept]);
    expect(supply - (await f.orion.totalSupply())).to.equal(fee);
    await expect(minting).to.changeTokenBalance(f.ethers, f.credits, holder, 3n * CU);
    expect(await f.credits.position(id)).to.deep.equal([minter.address, end, 3n * CU, 6n * ORION]);
    expect(await f.credits.totalLocked()).to.equal(locked + 6n * ORION);
  });

  it("rounds the lock up", async () => {
    // One base unit then costs 2 wei and 10^-18.
    await f.time.increase(7 * DAY);
    await f.credits.setFloor(FLOOR + 1n);
    const id = await mint(1n);
    expect((await f.credits.position(id)).lock).to.equal(3n);
  });

  it("refuses a lock and fee above the minter's limit", async () => {
    const cost = FLOOR + (await feeOf(FLOOR, CU));
    await expect(f.credits.connect(minter).mint(CU, TERM, cost - 1n, holder))
      .to.be.revertedWithCustomError(f.credits, "CostAboveLimit")
      .withArgs(cost, cost - 1n);
    expect(await f.credits.quoteMint(CU, TERM)).to.deep.equal([FLOOR, cost - FLOOR]);
  });

  it("asks for 30 days' fee whatever the term, which no redeem gives back", async () => {
    const fee = await feeOf(FLOOR, CU);
    for (const term of [1, TERM, 30 * DAY]) expect((await f.credits.quoteMint(CU, term)).fee).to.equal(fee);
    await f.credits.connect(minter).mint(CU, 1, MAX_UINT128, minter);
    const redeeming = f.credits.connect(minter).redeem(await f.credits.positions(), CU);
    await expect(redeeming).to.changeTokenBalance(f.ethers, f.orion, minter, FLOOR);
    expect((await f.credits.hourlyQuota()).minted).to.equal(CU);
  });

  it("is dearer the more of the hour's quota is used: from 0.25% of the lock to 2% at the margin", async () => {
    await f.orion.transfer(minter, 2n * 9_000_000n * ORION);
    const { quota } = await f.credits.hourlyQuota();
    expect(quota).to.equal(f.parameters.creditsBootstrapCap / 24n);
    // A single unit of an unused quota, and the last one of a full one: 0.25% and 2% of 2 wei, rounded up.
    const first = await f.credits.quoteMint(CU, TERM);
    expect(first.fee).to.be.closeTo((FLOOR * 25n) / 10_000n, FLOOR / 1_000_000n);
    let before = 0n;
    for (const amount of [quota / 3n, quota / 2n, quota - quota / 3n - quota / 2n - CU]) {
      const { lock, fee } = await f.credits.quoteMint(amount, TERM);
      expect(fee).to.equal(await feeOf(lock, amount, before));
      await expect(f.credits.connect(minter).mint(amount, TERM, lock + fee, minter)).to.changeTokenBalance(
        f.ethers,
        f.orion,
        minter,
        -lock - fee,
      );
      before += amount;
    }
    const last = await f.credits.quoteMint(CU, TERM);
    expect(last.fee).to.be.closeTo((FLOOR * 200n) / 10_000n, FLOOR / 100_000n);
    // However it is cut up, a quota costs the same but for rounding.
    const whole = mintFee(2n * quota, BigInt(TERM), { quota, before: 0n, amount: quota });
    expect(whole).to.be.closeTo((2n * quota * 1_125n) / 100_000n, 1n);
  });

  it("refuses what exceeds the hour's quota, to the unit, until the clock's next hour", async () => {
    await f.orion.transfer(minter, 2n * 9_000_000n * ORION);
    const credits = f.credits.connect(minter);
    await credits.mint(CU, TERM, MAX_UINT128, minter);
    const { quota, minted } = await f.credits.hourlyQuota();
    expect([minted, await f.credits.mintable()]).to.deep.equal([CU, quota - CU]);
    await expect(credits.mint(quota - CU + 1n, TERM, MAX_UINT128, minter))
      .to.be.revertedWithCustomError(f.credits, "QuotaExceeded")
      .withArgs(quota + 1n, quota);
    await expect(f.credits.quoteMint(quota - CU + 1n, TERM)).to.be.revertedWithCustomError(f.credits, "QuotaExceeded");
    await f.beforeHour(1);
    await f.time.setNextBlockTimestamp((await f.time.latest()) + 1);
    await credits.mint(quota, TERM, MAX_UINT128, minter);
    expect(await f.credits.hourlyQuota()).to.deep.equal([quota, quota]);
  });

  it("refuses zero, nobody, the contract itself, no term and a term beyond 30 days", async () => {
    const credits = f.credits.connect(minter);
    await expect(credits.mint(0n, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(f.credits, "ZeroAmount");
    for (const to of [ZeroAddress, f.credits]) {
      await expect(credits.mint(CU, TERM, MAX_UINT128, to)).to.be.revertedWithCustomError(
        f.credits,
        "ERC20InvalidReceiver",
      );
    }
    for (const term of [0, 30 * DAY + 1]) {
      await expect(credits.mint(CU, term, MAX_UINT128, holder))
        .to.be.revertedWithCustomError(f.credits, "TermOutOfBounds")
        .withArgs(term, 30 * DAY);
    }
    await expect(credits.mint(CU, 30 * DAY, MAX_UINT128, holder)).to.emit(f.credits, "PositionOpened");
  });

  it("refuses what would exceed the cap, to the unit, and overflowing amounts", async () => {
    const cap = f.parameters.creditsBootstrapCap;
    await f.orion.transfer(minter, 2n * 9_000_000n * ORION);
    while (cap - (await f.credits.totalSupply()) > (await f.credits.mintable())) {
      await f.gather(minter, await f.credits.mintable());
      await f.hours(1);
    }
    const room = cap - (await f.credits.totalSupply());
    expect(await f.credits.mintable()).to.equal(room);
    const credits = f.credits.connect(minter);
    await expect(credits.mint(room + 1n, TERM, MAX_UINT128, holder))
      .to.be.revertedWithCustomError(f.credits, "CapExceeded")
      .withArgs(cap + 1n, cap);
    await expect(credits.mint(MAX_UINT128, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(
      f.credits,
      "CapExceeded",
    );
    await credits.mint(room, TERM, MAX_UINT128, holder);
    expect(await f.credits.totalSupply()).to.equal(cap);
  });

  it("stops while paused; redeeming, rolling and delivering go on", async () => {
    const id = await mint(4n * CU, minter);
    await f.credits.setPaused(true);
    expect(await f.credits.mintable()).to.equal(0n);
    await expect(f.credits.connect(minter).mint(CU, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(
      f.credits,
      "MintingPaused",
    );
    await expect(f.credits.connect(minter).redeem(id, CU)).to.emit(f.credits, "PositionRedeemed");
    await expect(f.credits.connect(minter).roll(id, 20 * DAY, MAX_UINT128)).to.emit(f.credits, "PositionRolled");
    await f.time.increase(20 * DAY + 1);
    await expect(f.credits.connect(minter).deliver(id, CU)).to.emit(f.credits, "PositionDelivered");
  });
});
