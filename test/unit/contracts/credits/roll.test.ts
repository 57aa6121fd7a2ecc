import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { MAX_UINT128, type CreditsFixture } from "../../../support/credits-fixture.ts";
import { TERM, onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;

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
  const raiseFloor = async (): Promise<bigint> => {
    await f.time.increase(7 * DAY);
    const floor = ((await f.floor()) * 5n) / 4n;
    await f.credits.setFloor(floor);
    return floor;
  };

  it("by the owner extends the term from now", async () => {
    const id = await mint(CU);
    await f.time.increase(DAY);
    const rolling = await f.credits.connect(minter).roll(id, TERM, 0n);
    const end = BigInt((await rolling.getBlock())?.timestamp ?? 0) + BigInt(TERM);
    await expect(rolling).to.emit(f.credits, "PositionRolled").withArgs(id, minter.address, 0n, FLOOR, end);
    expect((await f.credits.position(id)).end).to.equal(end);
  });

  it("never brings the end nearer", async () => {
    const id = await mint(CU);
    const { end } = await f.credits.position(id);
    await f.credits.connect(minter).roll(id, 1, 0n);
    expect((await f.credits.position(id)).end).to.equal(end);
  });

  it("raises the lock to today's collateral; anyone may who pays for it", async () => {
    const id = await mint(CU, holder, 30 * DAY);
    const floor = await raiseFloor();
    const rolling = f.credits.connect(holder).roll(id, TERM, floor - FLOOR);
    await expect(rolling).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [holder, f.credits],
      [FLOOR - floor, floor - FLOOR],
    );
    expect((await f.credits.position(id)).lock).to.equal(floor);
  });

  it("by a stranger with nothing to pay is refused: it could only put off a delivery", async () => {
    const id = await mint(CU);
    await expect(f.credits.connect(holder).roll(id, TERM, MAX_UINT128))
      .to.be.revertedWithCustomError(f.credits, "NothingToTopUp")
      .withArgs(id);
  });

  it("refuses a top-up above the payer's limit and a wrong term", async () => {
    const id = await mint(CU, holder, 30 * DAY);
    const floor = await raiseFloor();
    await expect(f.credits.connect(minter).roll(id, TERM, floor - FLOOR - 1n))
      .to.be.revertedWithCustomError(f.credits, "LockAboveLimit")
      .withArgs(floor - FLOOR, floor - FLOOR - 1n);
    await expect(f.credits.connect(minter).roll(id, 0, 0n)).to.be.revertedWithCustomError(f.credits, "TermOutOfBounds");
    await expect(f.credits.connect(minter).roll(id, 30 * DAY + 1, 0n)).to.be.revertedWithCustomError(
      f.credits,
      "TermOutOfBounds",
    );
  });
});
