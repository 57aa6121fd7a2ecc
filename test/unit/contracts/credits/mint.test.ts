import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { MAX_UINT128, type CreditsFixture } from "../../../support/credits-fixture.ts";
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

  it("locks ceil(debt × floor) ORION and gives the credits to whom the minter says", async () => {
    const locked = await f.credits.totalLocked();
    const minting = await f.credits.connect(minter).mint(3n * CU, TERM, 6n * ORION, holder);
    const id = await f.credits.positions();
    const end = BigInt((await minting.getBlock())?.timestamp ?? 0) + BigInt(TERM);
    await expect(minting)
      .to.emit(f.credits, "PositionOpened")
      .withArgs(id, minter.address, holder.address, 3n * CU, 6n * ORION, end);
    await expect(minting).to.changeTokenBalances(f.ethers, f.orion, [minter, f.credits], [-6n * ORION, 6n * ORION]);
    await expect(minting).to.changeTokenBalance(f.ethers, f.credits, holder, 3n * CU);
    expect(await f.credits.position(id)).to.deep.equal([minter.address, end, 3n * CU, 6n * ORION]);
    expect(await f.credits.totalLocked()).to.equal(locked + 6n * ORION);
  });

  it("rounds the lock up", async () => {
    // One base unit then costs 2,000,000 wei and a trillionth.
    await f.time.increase(7 * DAY);
    await f.credits.setFloor(FLOOR + 1n);
    const id = await mint(1n);
    expect((await f.credits.position(id)).lock).to.equal(2_000_001n);
  });

  it("refuses a lock above the minter's limit", async () => {
    await expect(f.credits.connect(minter).mint(CU, TERM, FLOOR - 1n, holder))
      .to.be.revertedWithCustomError(f.credits, "LockAboveLimit")
      .withArgs(FLOOR, FLOOR - 1n);
  });

  it("refuses zero, nobody, no term and a term beyond 30 days", async () => {
    const credits = f.credits.connect(minter);
    await expect(credits.mint(0n, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(f.credits, "ZeroAmount");
    await expect(credits.mint(CU, TERM, MAX_UINT128, ZeroAddress)).to.be.revertedWithCustomError(
      f.credits,
      "ERC20InvalidReceiver",
    );
    for (const term of [0, 30 * DAY + 1]) {
      await expect(credits.mint(CU, term, MAX_UINT128, holder))
        .to.be.revertedWithCustomError(f.credits, "TermOutOfBounds")
        .withArgs(term, 30 * DAY);
    }
    await expect(credits.mint(CU, 30 * DAY, MAX_UINT128, holder)).to.emit(f.credits, "PositionOpened");
  });

  it("refuses what would exceed the cap, to the unit, and overflowing amounts", async () => {
    const cap = f.parameters.creditsBootstrapCap;
    const room = cap - (await f.credits.totalSupply());
    const credits = f.credits.connect(minter);
    await expect(credits.mint(room + 1n, TERM, MAX_UINT128, holder))
      .to.be.revertedWithCustomError(f.credits, "CapExceeded")
      .withArgs(cap + 1n, cap);
    await expect(credits.mint(MAX_UINT128, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(
      f.credits,
      "CapExceeded",
    );
    // Up to the cap it is only the minter's ORION that is missing.
    await expect(credits.mint(room, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(
      f.orion,
      "ERC20InsufficientBalance",
    );
  });

  it("stops while paused; redeeming, rolling and delivering go on", async () => {
    const id = await mint(4n * CU, minter);
    await f.credits.setPaused(true);
    await expect(f.credits.connect(minter).mint(CU, TERM, MAX_UINT128, holder)).to.be.revertedWithCustomError(
      f.credits,
      "MintingPaused",
    );
    await expect(f.credits.connect(minter).redeem(id, CU)).to.emit(f.credits, "PositionRedeemed");
    await expect(f.credits.connect(minter).roll(id, TERM, 0n)).to.emit(f.credits, "PositionRolled");
    await f.time.increase(TERM + 1);
    await expect(f.credits.connect(minter).deliver(id, CU)).to.emit(f.credits, "PositionDelivered");
  });
});
