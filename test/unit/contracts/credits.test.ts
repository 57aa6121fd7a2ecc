import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress, encodeBytes32String } from "ethers";

import { CU, DAY, ORION, deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";

const MAX_UINT128 = 2n ** 128n - 1n;
const TERM = 10 * DAY;

describe("ComputeCredits", () => {
  let f: MarketFixture;
  let minter: HardhatEthersSigner;
  let holder: HardhatEthersSigner;
  /** ORION per CU that the local parameters set. */
  const FLOOR = 2n * ORION;

  before(async () => {
    f = await deployMarketFixture();
    [minter, holder] = [f.workers[0], f.stranger];
    await f.orion.connect(minter).approve(f.credits, MAX_UINT128);
    await f.orion.transfer(holder, 1_000n * ORION);
    await f.orion.connect(holder).approve(f.credits, MAX_UINT128);
  });
  let restore: () => Promise<void>;
  beforeEach(async () => {
    const snapshot = (await f.ethers.provider.send("evm_snapshot", [])) as string;
    restore = async () => {
      await f.ethers.provider.send("evm_revert", [snapshot]);
    };
  });
  afterEach(() => restore());

  const mint = async (debt: bigint, to: HardhatEthersSigner = holder, term = TERM): Promise<bigint> => {
    await f.credits.connect(minter).mint(debt, term, MAX_UINT128, to);
    return await f.credits.positions();
  };
  const raiseFloor = async (): Promise<bigint> => {
    await f.time.increase(7 * DAY);
    const floor = ((await f.credits.collateralPerCredit()) * 5n) / 4n;
    await f.credits.setFloor(floor);
    return floor;
  };

  it("has 12 decimals: one base unit is one unit of work", async () => {
    expect(await f.credits.decimals()).to.equal(12n);
  });

  describe("mint", () => {
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

  describe("redeem", () => {
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
      await f.credits.setFloor(FLOOR + 10n ** 12n / 2n);
      const id = await mint(3n, minter);
      // Lock = ceil(3 × 2,000,000.5) = 6,000,002.
      await expect(f.credits.connect(minter).redeem(id, 1n)).to.changeTokenBalance(
        f.ethers,
        f.orion,
        minter,
        2_000_000n,
      );
      await expect(f.credits.connect(minter).redeem(id, 2n)).to.changeTokenBalance(
        f.ethers,
        f.orion,
        minter,
        4_000_002n,
      );
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

  describe("roll", () => {
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
      await expect(f.credits.connect(minter).roll(id, 0, 0n)).to.be.revertedWithCustomError(
        f.credits,
        "TermOutOfBounds",
      );
      await expect(f.credits.connect(minter).roll(id, 30 * DAY + 1, 0n)).to.be.revertedWithCustomError(
        f.credits,
        "TermOutOfBounds",
      );
    });
  });

  describe("deliver", () => {
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

  describe("transferBoth", () => {
    it("is two ordinary transfers of the caller, or none", async () => {
      await mint(CU);
      const credits = f.credits.connect(holder);
      const sending = credits.transferBoth(minter, 3n, f.poster, 4n);
      await expect(sending).to.changeTokenBalances(f.ethers, f.credits, [holder, minter, f.poster], [-7n, 3n, 4n]);
      await expect(sending).to.emit(f.credits, "Transfer").withArgs(holder.address, f.poster.address, 4n);
      await expect(credits.transferBoth(minter, CU - 7n, f.poster, 1n)).to.be.revertedWithCustomError(
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

    it("is the owner's alone and never to nobody", async () => {
      const id = await mint(CU);
      await expect(f.credits.connect(holder).transferPosition(id, holder)).to.be.revertedWithCustomError(
        f.credits,
        "NotOwner",
      );
      await expect(f.credits.connect(minter).transferPosition(id, ZeroAddress)).to.be.revertedWithCustomError(
        f.credits,
        "ZeroAddress",
      );
    });
  });

  describe("governance", () => {
    it("moves each parameter by a quarter at most, a week apart, and no position with them", async () => {
      const id = await mint(CU);
      const before = await f.credits.position(id);
      for (const [setter, name] of [
        ["setFloor", "floor"],
        ["setCap", "cap"],
        ["setBootstrapCap", "bootstrapCap"],
        ["setMinDepth", "minDepth"],
      ] as const) {
        await f.time.increase(7 * DAY);
        const value = (await f.credits.parameters())[name];
        const next = value - value / 4n;
        await expect(f.credits[setter](next - 1n))
          .to.be.revertedWithCustomError(f.credits, "ChangeTooLarge")
          .withArgs(value, next - 1n);
        await expect(f.credits[setter](next))
          .to.emit(f.credits, "ParameterChanged")
          .withArgs(encodeBytes32String(name), next);
        await expect(f.credits[setter](next)).to.be.revertedWithCustomError(f.credits, "ChangeTooSoon");
        await expect(f.credits.connect(holder)[setter](next)).to.be.revertedWithCustomError(
          f.credits,
          "OwnableUnauthorizedAccount",
        );
      }
      expect(await f.credits.position(id)).to.deep.equal(before);
    });

    it("announces the first values and who pauses", async () => {
      const events = await f.credits.queryFilter(f.credits.filters.ParameterChanged(), 0, "latest");
      expect(events.slice(0, 4).map(({ args }) => args.value)).to.deep.equal([
        f.parameters.creditsFloor,
        f.parameters.creditsCap,
        f.parameters.creditsBootstrapCap,
        f.parameters.creditsMinDepth,
      ]);
      await expect(f.credits.connect(holder).setPaused(true)).to.be.revertedWithCustomError(
        f.credits,
        "OwnableUnauthorizedAccount",
      );
      await expect(f.credits.setPaused(true)).to.emit(f.credits, "PausedSet").withArgs(true);
      expect(await f.credits.paused()).to.equal(true);
    });

    it("refuses a parameter of zero", async () => {
      for (const zero of [0, 1, 2, 3]) {
        const values = [1n, 1n, 1n, 1n].with(zero, 0n);
        await expect(
          f.ethers.deployContract("ComputeCredits", [f.orion, f.dex, f.owner, ...values]),
        ).to.be.revertedWithCustomError(f.credits, "ZeroParameter");
      }
    });
  });
});
