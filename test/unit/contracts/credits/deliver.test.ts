import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import type { CreditsFixture } from "../../../support/credits-fixture.ts";
import { TERM, onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;

describe("ComputeCredits: deliver", () => {
  let f: CreditsFixture;
  let minter: HardhatEthersSigner;
  let holder: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    ({ minter, holder } = made);
    mint = open;
  });

  it("after the end pays anyone a part that grows over three days, the owner the rest", async () => {
    const id = await mint(6n * CU);
    const { end } = await f.credits.position(id);
    await f.time.setNextBlockTimestamp(end + BigInt(DAY));
    const delivering = f.credits.connect(holder).deliver(id, 3n * CU);
    await expect(delivering)
      .to.emit(f.credits, "PositionDelivered")
      .withArgs(id, holder.address, 3n * CU, FLOOR, 2n * FLOOR, 3n * CU, 3n * FLOOR);
    await expect(delivering).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [holder, minter, f.credits],
      [FLOOR, 2n * FLOOR, -3n * FLOOR],
    );
    await f.time.setNextBlockTimestamp(end + BigInt(4 * DAY));
    await expect(f.credits.connect(holder).deliver(id, 3n * CU)).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [holder, minter],
      [3n * FLOOR, 0n],
    );
  });

  it("is not possible in the last second of the term, and pays next to nothing in the first after it", async () => {
    const id = await mint(CU);
    const { end } = await f.credits.position(id);
    await f.time.setNextBlockTimestamp(end);
    await expect(f.credits.connect(holder).deliver(id, CU))
      .to.be.revertedWithCustomError(f.credits, "NotEnded")
      .withArgs(id, end);
    await f.time.setNextBlockTimestamp(end + 1n);
    await expect(f.credits.connect(holder).deliver(id, CU)).to.changeTokenBalance(
      f.ethers,
      f.orion,
      holder,
      FLOOR / BigInt(3 * DAY),
    );
  });

  it("refuses zero, more than the debt and credits that the caller has not", async () => {
    const id = await mint(CU);
    await f.time.increase(TERM + 1);
    const credits = f.credits.connect(holder);
    await expect(credits.deliver(id, 0n)).to.be.revertedWithCustomError(f.credits, "ZeroAmount");
    await expect(credits.deliver(id, CU + 1n)).to.be.revertedWithCustomError(f.credits, "MoreThanDebt");
    await expect(f.credits.connect(minter).deliver(id, CU)).to.be.revertedWithCustomError(
      f.credits,
      "ERC20InsufficientBalance",
    );
  });
});
