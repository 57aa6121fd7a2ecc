import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { MAX_UINT128, type CreditsFixture } from "../../../support/credits-fixture.ts";
import { TERM, onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;

describe("ComputeCredits: redeem", () => {
  let f: CreditsFixture;
  let minter: HardhatEthersSigner;
  let holder: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    ({ minter, holder } = made);
    mint = open;
  });

  it("burns the owner's credits, earned or bought, and releases the lock in proportion", async () => {
    const id = await mint(3n * CU, holder);
    await f.credits.connect(holder).transfer(minter, CU);
    const redeeming = f.credits.connect(minter).redeem(id, CU);
    await expect(redeeming)
      .to.emit(f.credits, "PositionRedeemed")
      .withArgs(id, CU, FLOOR, 2n * CU, 2n * FLOOR);
    await expect(redeeming).to.changeTokenBalance(f.ethers, f.orion, minter, FLOOR);
    expect(await f.credits.totalLocked()).to.equal(await f.orion.balanceOf(f.credits));
    await expect(redeeming).to.changeTokenBalance(f.ethers, f.credits, minter, -CU);
  });

  it("rounds releases down and gives all that is left with the last unit", async () => {
    await f.time.increase(7 * DAY);
    await f.credits.setFloor((FLOOR * 5n) / 4n);
    const id = await mint(3n, minter);
    // Lock = ceil(3 × 2.5) = 8.
    await expect(f.credits.connect(minter).redeem(id, 1n)).to.changeTokenBalance(f.ethers, f.orion, minter, 2n);
    await expect(f.credits.connect(minter).redeem(id, 2n)).to.changeTokenBalance(f.ethers, f.orion, minter, 6n);
    expect(await f.credits.position(id)).to.deep.equal([minter.address, (await f.credits.position(id)).end, 0n, 0n]);
  });

  it("is the owner's alone, of an open position, within its debt, with credits in hand", async () => {
    const id = await mint(CU, minter);
    await expect(f.credits.connect(holder).redeem(id, 1n))
      .to.be.revertedWithCustomError(f.credits, "NotOwner")
      .withArgs(id, holder.address, minter.address);
    const credits = f.credits.connect(minter);
    await expect(credits.redeem(id, 0n)).to.be.revertedWithCustomError(f.credits, "ZeroAmount");
    await expect(credits.redeem(id, CU + 1n))
      .to.be.revertedWithCustomError(f.credits, "MoreThanDebt")
      .withArgs(id, CU, CU + 1n);
    await expect(credits.redeem(id, MAX_UINT128)).to.be.revertedWithCustomError(f.credits, "MoreThanDebt");
    await expect(credits.redeem(id + 1n, 1n))
      .to.be.revertedWithCustomError(f.credits, "UnknownPosition")
      .withArgs(id + 1n);
    await credits.transfer(holder, CU);
    await expect(credits.redeem(id, CU)).to.be.revertedWithCustomError(f.credits, "ERC20InsufficientBalance");
  });

  it("closes a position for good", async () => {
    const id = await mint(CU, minter);
    await f.credits.connect(minter).redeem(id, CU);
    const credits = f.credits.connect(minter);
    await expect(credits.redeem(id, 1n)).to.be.revertedWithCustomError(f.credits, "UnknownPosition");
    await expect(credits.roll(id, TERM, MAX_UINT128)).to.be.revertedWithCustomError(f.credits, "UnknownPosition");
    await f.time.increase(TERM + 1);
    await expect(credits.deliver(id, 1n)).to.be.revertedWithCustomError(f.credits, "UnknownPosition");
  });
});
