import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, id } from "ethers";

import { ORION, deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { signPermit } from "../../support/permit.ts";

const MAX_UINT96 = 2n ** 96n - 1n;

describe("ProviderRegistry", () => {
  let f: MarketFixture;
  let provider: HardhatEthersSigner;
  /** Plain accounts act as markets: the registry asks only who calls. */
  let market: HardhatEthersSigner;
  let otherMarket: HardhatEthersSigner;

  before(async () => {
    f = await deployMarketFixture();
    [provider, market, otherMarket] = [f.workers[0], f.keeper, f.stranger];
  });
  afterEach(() => f.reset());

  const account = async (of: HardhatEthersSigner, at: HardhatEthersSigner): Promise<[bigint, bigint, boolean]> => {
    const { free, locked, authorised } = await f.registry.account(of, at);
    return [free, locked, authorised];
  };
  const split = (burned: bigint, toPoster: bigint, toFinder: bigint) => ({
    burned,
    toPoster,
    toFinder,
    toReserve: 0n,
    poster: f.poster.address,
    finder: f.workers[2].address,
    reserve: ZeroAddress,
  });
  /** 10 ORION staked, 4 of them locked. */
  const staked = async (): Promise<void> => {
    await f.registry.connect(provider).stake(provider, market, 10n * ORION);
    await f.registry.connect(provider).authorise(market, true);
    await f.registry.connect(market).lock(provider, 4n * ORION, 1);
  };

  describe("publishProfile", () => {
    it("announces the caller's profile", async () => {
      await expect(f.registry.connect(provider).publishProfile(id("hardware")))
        .to.emit(f.registry, "ProfilePublished")
        .withArgs(provider.address, id("hardware"));
    });
  });

  describe("stake", () => {
    it("adds to the free stake at one market and takes the payer's ORION", async () => {
      const staking = f.registry.connect(provider).stake(provider, market, 10n * ORION);
      await expect(staking)
        .to.emit(f.registry, "Staked")
        .withArgs(provider.address, market.address, provider.address, 10n * ORION);
      await expect(staking).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [provider, f.registry],
        [-10n * ORION, 10n * ORION],
      );
      expect(await account(provider, market)).to.deep.equal([10n * ORION, 0n, false]);
      expect(await account(provider, otherMarket)).to.deep.equal([0n, 0n, false]);
    });

    it("may be paid by anyone, and belongs to the provider", async () => {
      const payer = f.workers[1];
      await expect(f.registry.connect(payer).stake(provider, market, 1n))
        .to.emit(f.registry, "Staked")
        .withArgs(provider.address, market.address, payer.address, 1n);
      await expect(f.registry.connect(payer).withdraw(market, 1n, payer)).to.be.revertedWithCustomError(
        f.registry,
        "InsufficientFree",
      );
      await expect(f.registry.connect(provider).withdraw(market, 1n, provider)).to.emit(f.registry, "Withdrawn");
    });

    it("refuses zero, and a provider who could never take it back", async () => {
      await expect(f.registry.connect(provider).stake(provider, market, 0n)).to.be.revertedWithCustomError(
        f.registry,
        "ZeroAmount",
      );
      await expect(f.registry.connect(provider).stake(ZeroAddress, market, 1n)).to.be.revertedWithCustomError(
        f.registry,
        "ZeroAddress",
      );
    });

    it("refuses more than the payer has, up to 2^96 − 1", async () => {
      await expect(f.registry.connect(provider).stake(provider, market, MAX_UINT96)).to.be.revertedWithCustomError(
        f.orion,
        "ERC20InsufficientBalance",
      );
    });
  });

  describe("stakeWithPermit", () => {
    beforeEach(() => f.orion.connect(provider).approve(f.registry, 0n));

    it("stakes without an earlier approval", async () => {
      const { v, r, s } = await signPermit(f.orion, provider, f.registry.target, 5n);
      await f.registry.connect(provider).stakeWithPermit(market, 5n, MaxUint256, v, r, s);
      expect(await account(provider, market)).to.deep.equal([5n, 0n, false]);
    });

    it("stakes although someone else has used the permit first", async () => {
      const { v, r, s } = await signPermit(f.orion, provider, f.registry.target, 5n);
      await f.orion.connect(f.stranger).permit(provider, f.registry, 5n, MaxUint256, v, r, s);
      await f.registry.connect(provider).stakeWithPermit(market, 5n, MaxUint256, v, r, s);
      expect(await account(provider, market)).to.deep.equal([5n, 0n, false]);
    });

    it("never spends another's permit", async () => {
      const { v, r, s } = await signPermit(f.orion, provider, f.registry.target, 5n);
      await expect(
        f.registry.connect(f.stranger).stakeWithPermit(market, 5n, MaxUint256, v, r, s),
      ).to.be.revertedWithCustomError(f.orion, "ERC20InsufficientAllowance");
    });

    it("refuses zero", async () => {
      const { v, r, s } = await signPermit(f.orion, provider, f.registry.target, 0n);
      await expect(
        f.registry.connect(provider).stakeWithPermit(market, 0n, MaxUint256, v, r, s),
      ).to.be.revertedWithCustomError(f.registry, "ZeroAmount");
    });
  });

  describe("authorise", () => {
    it("is the provider's own, per market, and can be taken back", async () => {
      await expect(f.registry.connect(provider).authorise(market, true))
        .to.emit(f.registry, "Authorised")
        .withArgs(provider.address, market.address, true);
      expect(await account(provider, market)).to.deep.equal([0n, 0n, true]);
      expect(await account(provider, otherMarket)).to.deep.equal([0n, 0n, false]);
      expect(await account(f.workers[1], market)).to.deep.equal([0n, 0n, false]);
      await f.registry.connect(provider).authorise(market, false);
      expect(await account(provider, market)).to.deep.equal([0n, 0n, false]);
    });

    it("taken back leaves running locks in place and stops new ones", async () => {
      await staked();
      await f.registry.connect(provider).authorise(market, false);
      expect(await account(provider, market)).to.deep.equal([6n * ORION, 4n * ORION, false]);
      await expect(f.registry.connect(market).lock(provider, 1n, 1))
        .to.be.revertedWithCustomError(f.registry, "NotAuthorised")
        .withArgs(provider.address, market.address);
      await f.registry.connect(market).slash(provider, 4n * ORION, split(4n * ORION, 0n, 0n));
      expect(await account(provider, market)).to.deep.equal([6n * ORION, 0n, false]);
    });
  });

  describe("withdraw", () => {
    it("pays free stake to any address at once", async () => {
      await staked();
      const withdrawing = f.registry.connect(provider).withdraw(market, 6n * ORION, f.poster);
      await expect(withdrawing)
        .to.emit(f.registry, "Withdrawn")
        .withArgs(provider.address, market.address, f.poster.address, 6n * ORION);
      await expect(withdrawing).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [f.registry, f.poster],
        [-6n * ORION, 6n * ORION],
      );
    });

    it("never pays a lock, another market's stake, zero, or to nobody", async () => {
      await staked();
      const registry = f.registry.connect(provider);
      await expect(registry.withdraw(market, 6n * ORION + 1n, provider))
        .to.be.revertedWithCustomError(f.registry, "InsufficientFree")
        .withArgs(provider.address, market.address, 6n * ORION, 6n * ORION + 1n);
      await expect(registry.withdraw(otherMarket, 1n, provider)).to.be.revertedWithCustomError(
        f.registry,
        "InsufficientFree",
      );
      await expect(registry.withdraw(market, 0n, provider)).to.be.revertedWithCustomError(f.registry, "ZeroAmount");
      await expect(registry.withdraw(market, 1n, ZeroAddress)).to.be.revertedWithCustomError(
        f.orion,
        "ERC20InvalidReceiver",
      );
    });
  });

  describe("lock", () => {
    it("moves free stake under the caller's lock", async () => {
      await f.registry.connect(provider).stake(provider, market, 10n * ORION);
      await f.registry.connect(provider).authorise(market, true);
      await expect(f.registry.connect(market).lock(provider, 4n * ORION, 1))
        .to.emit(f.registry, "Locked")
        .withArgs(provider.address, market.address, 4n * ORION);
      expect(await account(provider, market)).to.deep.equal([6n * ORION, 4n * ORION, true]);
    });

    it("is only for a market that the provider itself authorised, the protocol's owner included", async () => {
      await staked();
      for (const caller of [f.owner, otherMarket, provider]) {
        await expect(f.registry.connect(caller).lock(provider, 1n, 1))
          .to.be.revertedWithCustomError(f.registry, "NotAuthorised")
          .withArgs(provider.address, caller.address);
      }
    });

    it("never takes stake that the provider put up for another market", async () => {
      await staked();
      await f.registry.connect(provider).authorise(otherMarket, true);
      await expect(f.registry.connect(otherMarket).lock(provider, 1n, 1))
        .to.be.revertedWithCustomError(f.registry, "InsufficientFree")
        .withArgs(provider.address, otherMarket.address, 0n, 1n);
    });

    it("refuses more than is free, up to 2^96 − 1", async () => {
      await staked();
      for (const amount of [6n * ORION + 1n, MAX_UINT96]) {
        await expect(f.registry.connect(market).lock(provider, amount, 1)).to.be.revertedWithCustomError(
          f.registry,
          "InsufficientFree",
        );
      }
    });
  });

  describe("unlock", () => {
    it("moves a lock back to free stake", async () => {
      await staked();
      await expect(f.registry.connect(market).unlock(provider, ORION))
        .to.emit(f.registry, "Unlocked")
        .withArgs(provider.address, market.address, ORION);
      expect(await account(provider, market)).to.deep.equal([7n * ORION, 3n * ORION, true]);
    });

    it("never frees more than the caller's own locks", async () => {
      await staked();
      await expect(f.registry.connect(market).unlock(provider, 4n * ORION + 1n))
        .to.be.revertedWithCustomError(f.registry, "InsufficientLocked")
        .withArgs(provider.address, market.address, 4n * ORION, 4n * ORION + 1n);
      await expect(f.registry.connect(otherMarket).unlock(provider, 1n)).to.be.revertedWithCustomError(
        f.registry,
        "NoClaim",
      );
    });
  });

  describe("slash", () => {
    it("burns, pays poster and finder, and frees the rest of the lock", async () => {
      await staked();
      const supply = await f.orion.totalSupply();
      const slashing = f.registry.connect(market).slash(provider, 3n * ORION, split(ORION, 5n, 7n));
      await expect(slashing)
        .to.emit(f.registry, "Slashed")
        .withArgs(provider.address, market.address, 3n * ORION, Object.values(split(ORION, 5n, 7n)));
      await expect(slashing).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [f.poster, f.workers[2], f.registry],
        [5n, 7n, -ORION - 12n],
      );
      expect(await f.orion.totalSupply()).to.equal(supply - ORION);
      expect(await account(provider, market)).to.deep.equal([8n * ORION - 12n, ORION, true]);
    });

    it("takes at most the amount named, to the wei", async () => {
      await staked();
      const registry = f.registry.connect(market);
      await expect(registry.slash(provider, 10n, split(4n, 4n, 3n)))
        .to.be.revertedWithCustomError(f.registry, "InsufficientLocked")
        .withArgs(provider.address, market.address, 10n, 11n);
      await expect(registry.slash(provider, 10n, split(MAX_UINT96, MAX_UINT96, MAX_UINT96)))
        .to.be.revertedWithCustomError(f.registry, "InsufficientLocked")
        .withArgs(provider.address, market.address, 10n, 3n * MAX_UINT96);
      await expect(registry.slash(provider, 10n, split(4n, 3n, 3n))).to.emit(f.registry, "Slashed");
    });

    it("takes at most the caller's locks, never free stake, another market's or another provider's", async () => {
      await staked();
      await expect(f.registry.connect(market).slash(provider, 4n * ORION + 1n, split(1n, 0n, 0n)))
        .to.be.revertedWithCustomError(f.registry, "InsufficientLocked")
        .withArgs(provider.address, market.address, 4n * ORION, 4n * ORION + 1n);
      await expect(
        f.registry.connect(otherMarket).slash(provider, 1n, split(1n, 0n, 0n)),
      ).to.be.revertedWithCustomError(f.registry, "NoClaim");
      await expect(f.registry.connect(market).slash(f.workers[1], 1n, split(1n, 0n, 0n))).to.be.revertedWithCustomError(
        f.registry,
        "NoClaim",
      );
    });

    it("twice for one lock takes nothing the second time", async () => {
      await staked();
      await f.registry.connect(market).slash(provider, 4n * ORION, split(4n * ORION, 0n, 0n));
      await expect(
        f.registry.connect(market).slash(provider, 4n * ORION, split(4n * ORION, 0n, 0n)),
      ).to.be.revertedWithCustomError(f.registry, "NoClaim");
    });

    it("of zero changes nothing", async () => {
      await staked();
      const before = await account(provider, market);
      await expect(f.registry.connect(market).slash(provider, 0n, split(0n, 0n, 0n))).to.changeTokenBalance(
        f.ethers,
        f.orion,
        f.registry,
        0n,
      );
      expect(await account(provider, market)).to.deep.equal(before);
    });
  });
});
