import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { CreditsFixture } from "../../../support/credits-fixture.ts";
import { onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, ORION } from "../../../support/market-fixture.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;

describe("ComputeCredits: transfers", () => {
  let f: CreditsFixture;
  let minter: HardhatEthersSigner;
  let holder: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    ({ minter, holder } = made);
    mint = open;
  });

  it("are in units of work: 18 decimals", async () => {
    expect(await f.credits.decimals()).to.equal(18n);
  });

  describe("transferBoth", () => {
    it("is two ordinary transfers of the caller, or none", async () => {
      await mint(CU);
      const credits = f.credits.connect(holder);
      const sending = credits.transferBoth(minter, 3n, f.attacker, 4n);
      await expect(sending).to.changeTokenBalances(f.ethers, f.credits, [holder, minter, f.attacker], [-7n, 3n, 4n]);
      await expect(sending).to.emit(f.credits, "Transfer").withArgs(holder.address, f.attacker.address, 4n);
      await expect(credits.transferBoth(minter, CU - 7n, f.attacker, 1n)).to.be.revertedWithCustomError(
        f.credits,
        "ERC20InsufficientBalance",
      );
      await expect(credits.transferBoth(minter, 1n, ZeroAddress, 1n)).to.be.revertedWithCustomError(
        f.credits,
        "ERC20InvalidReceiver",
      );
    });
  });

  describe("transferPosition", () => {
    it("hands debt and lock to another owner", async () => {
      const id = await mint(CU);
      await expect(f.credits.connect(minter).transferPosition(id, holder))
        .to.emit(f.credits, "PositionTransferred")
        .withArgs(id, minter.address, holder.address);
      await expect(f.credits.connect(holder).redeem(id, CU)).to.changeTokenBalance(f.ethers, f.orion, holder, FLOOR);
    });

    it("is the owner's alone, never to nobody and never to the contract itself, where a delivery would pay nobody", async () => {
      const id = await mint(CU);
      await expect(f.credits.connect(holder).transferPosition(id, holder)).to.be.revertedWithCustomError(
        f.credits,
        "NotOwner",
      );
      for (const to of [ZeroAddress, await f.credits.getAddress()]) {
        await expect(f.credits.connect(minter).transferPosition(id, to))
          .to.be.revertedWithCustomError(f.credits, "InvalidOwner")
          .withArgs(to);
      }
    });
  });
});
