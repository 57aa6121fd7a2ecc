import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress, parseEther } from "ethers";

import { ORION, deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { FALL, marketSteps, type MarketSteps } from "../../support/market-steps.ts";

const LOCK = parseEther("2");
const UNIT = 2n ** 16n;

describe("Operator keys", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  let provider: HardhatEthersSigner;
  let other: HardhatEthersSigner;
  let key: HardhatEthersSigner;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
    [provider, other] = f.workers;
    key = (await f.ethers.getSigners())[10]!;
  });
  afterEach(() => f.reset());

  const join = (of = provider) => f.registry.connect(key).joinProvider(of);
  /** The key joins first, unless it has. */
  const authorise = async (maxLocked = 10n * LOCK) => {
    if ((await f.registry.operatorKey(key)).provider === ZeroAddress) await join();
    return f.registry.connect(provider).authoriseKey(key, maxLocked);
  };
  const stateOf = async () => {
    const { provider: owner, allowance, maxLocked, revoked } = await f.registry.operatorKey(key);
    const { unsettled } = await f.registry.account(key, f.market);
    return { owner, allowance, maxLocked, unsettled, revoked };
  };
  const lockedOf = async (of = provider): Promise<bigint> => (await f.registry.account(of, f.market)).locked;

  describe("authoriseKey", () => {
    it("announces the key, which belongs to the provider from then on", async () => {
      await expect(authorise())
        .to.emit(f.registry, "KeyAuthorised")
        .withArgs(provider.address, key.address, 10n * LOCK);
      expect(await f.registry.providerOf(key)).to.equal(provider.address);
      expect(await f.registry.providerOf(provider)).to.equal(provider.address);
      expect(await f.registry.providerOf(f.stranger)).to.equal(f.stranger.address);
      expect(await stateOf()).to.include({ owner: provider.address, unsettled: 0n, revoked: false });
    });

    it("refuses another provider's key, also one that was revoked", async () => {
      await authorise();
      const refused = () =>
        expect(f.registry.connect(other).authoriseKey(key, LOCK))
          .to.be.revertedWithCustomError(f.registry, "UnknownKey")
          .withArgs(key.address);
      await refused();
      await f.registry.connect(provider).revokeKey(key);
      await refused();
      await expect(authorise()).to.emit(f.registry, "KeyAuthorised");
    });

    it("refuses whoever has not joined: strangers, providers, itself and nobody", async () => {
      for (const wrong of [key.address, f.stranger.address, other.address, provider.address, ZeroAddress]) {
        await expect(f.registry.connect(provider).authoriseKey(wrong, LOCK))
          .to.be.revertedWithCustomError(f.registry, "UnknownKey")
          .withArgs(wrong);
      }
    });

    it("is nothing that a key can do, nor any other move of a provider", async () => {
      await authorise();
      const job = await steps.post();
      await steps.claim(job, key);
      const asKey = f.registry.connect(key);
      await expect(asKey.authoriseKey(f.stranger, LOCK)).to.be.revertedWithCustomError(f.registry, "KeyTaken");
      await expect(asKey.joinProvider(other)).to.be.revertedWithCustomError(f.registry, "KeyTaken");
      await expect(asKey.authorise(f.market, true)).to.be.revertedWithCustomError(f.registry, "KeyTaken");
      await expect(asKey.revokeKey(key)).to.be.revertedWithCustomError(f.registry, "UnknownKey");
      await expect(asKey.withdraw(f.market, 1n, key)).to.be.revertedWithCustomError(f.registry, "InsufficientFree");
    });

    it("frees a key that never claimed, which becomes a provider by authorising a market", async () => {
      await authorise();
      await expect(f.registry.connect(key).authorise(f.market, true))
        .to.emit(f.registry, "KeyRevoked")
        .withArgs(provider.address, key.address);
      expect(await f.registry.providerOf(key)).to.equal(key.address);
      await f.orion.transfer(key, LOCK);
      await f.orion.connect(key).approve(f.registry, LOCK);
      await f.registry.connect(key).stake(key, f.market, LOCK);
      const job = await steps.post();
      await steps.claim(job, key);
      expect([await lockedOf(key), await lockedOf()]).to.deep.equal([LOCK, 0n]);
    });
  });

  describe("joinProvider", () => {
    it("announces the key, which can claim nothing until it is authorised", async () => {
      await expect(join()).to.emit(f.registry, "ProviderJoined").withArgs(provider.address, key.address);
      expect(await stateOf()).to.deep.equal({
        owner: provider.address,
        ...{ allowance: 0n, maxLocked: 0n, unsettled: 0n, revoked: true },
      });
      const job = await steps.post();
      await expect(steps.claim(job, key)).to.be.revertedWithCustomError(f.registry, "KeyIsRevoked");
    });

    it("lets a key that never claimed go to another provider, and forgets what the first one allowed", async () => {
      await authorise();
      await expect(join(other)).to.emit(f.registry, "KeyRevoked").withArgs(provider.address, key.address);
      expect(await stateOf()).to.include({ owner: other.address, allowance: 0n, maxLocked: 0n, revoked: true });
      await expect(f.registry.connect(provider).authoriseKey(key, LOCK)).to.be.revertedWithCustomError(
        f.registry,
        "UnknownKey",
      );
      await f.registry.connect(other).authoriseKey(key, 2n * LOCK);
      await steps.claim(await steps.post(), key);
      expect([await lockedOf(other), await lockedOf()]).to.deep.equal([LOCK, 0n]);
    });

    it("is nothing for providers, nor to oneself or nobody", async () => {
      const taken = (by: HardhatEthersSigner, of: string) =>
        expect(f.registry.connect(by).joinProvider(of))
          .to.be.revertedWithCustomError(f.registry, "KeyTaken")
          .withArgs(by.address);
      await taken(other, provider.address);
      await taken(key, key.address);
      await taken(key, ZeroAddress);
    });

    it("cannot be done to anybody: whoever stakes first and authorises later stays its own provider", async () => {
      const [thief, fake] = [other, f.stranger];
      await f.orion.transfer(key, LOCK);
      await f.orion.connect(key).approve(f.registry, LOCK);
      await f.registry.connect(key).stake(key, f.market, LOCK);
      await f.registry.connect(thief).authorise(fake, true);
      await expect(f.registry.connect(thief).authoriseKey(key, 0n)).to.be.revertedWithCustomError(
        f.registry,
        "UnknownKey",
      );
      await expect(f.registry.connect(fake).lock(key, 0n, 0)).to.be.revertedWithCustomError(
        f.registry,
        "NotAuthorised",
      );
      await f.registry.connect(key).authorise(f.market, true);
      await steps.claim(await steps.post(), key);
      expect(await lockedOf(key)).to.equal(LOCK);
    });
  });

  describe("what is no market of a claim", () => {
    const nothing = { burned: 0n, toPoster: 0n, toFinder: 0n, toReserve: 0n };
    const split = { ...nothing, poster: ZeroAddress, finder: ZeroAddress, reserve: ZeroAddress };

    it("ends none: neither a stranger nor another market of the provider can take a claim off the count", async () => {
      await authorise();
      const fake = (await f.ethers.getSigners())[11]!;
      await f.registry.connect(provider).authorise(fake, true);
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(job, key, [0, 1]);
      await steps.commit(job, key, 0);
      await f.registry.connect(fake).lock(key, 0n, 1);
      await f.registry.connect(fake).unlock(key, 0n);
      for (const caller of [f.stranger, fake]) {
        const asCaller = f.registry.connect(caller);
        for (const worker of [key, provider, other]) {
          for (const attempt of [asCaller.unlock(worker, 0n), asCaller.slash(worker, 0n, split)]) {
            await expect(attempt)
              .to.be.revertedWithCustomError(f.registry, "NoClaim")
              .withArgs(worker.address, caller.address);
          }
        }
      }
      expect((await stateOf()).unsettled).to.equal(2n);
      await steps.passWindow();
      await expect(steps.settle(job, [0])).to.emit(f.market, "UnitSettled");
      await steps.passClaimPeriod();
      await expect(steps.expire(job, [1])).to.emit(f.market, "UnitExpired");
      expect(await lockedOf()).to.equal(0n);
    });
  });

  describe("a claim under a key", () => {
    it("locks the provider's stake, takes of the key's allowance and names both", async () => {
      await authorise();
      const job = await steps.post();
      await expect(steps.claim(job, key))
        .to.emit(f.registry, "Locked")
        .withArgs(provider.address, f.market.target, LOCK);
      const [claimed] = await f.market.queryFilter(f.market.filters.UnitClaimed());
      expect([claimed?.args.worker, claimed?.args.provider]).to.deep.equal([key.address, provider.address]);
      const { allowance, maxLocked, unsettled } = await stateOf();
      expect(maxLocked).to.equal(((10n * LOCK) / UNIT) * UNIT);
      expect(maxLocked - allowance).to.equal(((LOCK + UNIT - 1n) / UNIT) * UNIT);
      expect(unsettled).to.equal(1n);
    });

    it("never exceeds the allowance, whatever the provider has: a stolen key costs that much at most", async () => {
      await authorise(3n * LOCK + 3n * UNIT);
      const job = await steps.post({ shards: 5, shardsPerClaim: 1 });
      await expect(steps.claim(job, key, [0, 1, 2, 3])).to.be.revertedWithCustomError(f.registry, "AllowanceTooLow");
      await steps.claim(job, key, [0, 1, 2]);
      await expect(steps.claim(job, key, [3])).to.be.revertedWithCustomError(f.registry, "AllowanceTooLow");
      // A thief lies and proves it: the lock is gone, and the allowance is free for another lie, until it is revoked.
      await steps.commit(job, key, 0);
      await steps.judge(job, key, { fallen: FALL.proof, prover: f.stranger.address }, 0);
      await steps.settle(job, [0]);
      await steps.claim(job, key, [3]);
      await f.registry.connect(provider).revokeKey(key);
      await expect(steps.claim(job, key, [4]))
        .to.be.revertedWithCustomError(f.registry, "KeyIsRevoked")
        .withArgs(key.address);
      expect(await lockedOf()).to.equal(3n * LOCK);
    });

    it("needs the provider's authorisation of the market and its stake", async () => {
      await authorise();
      const job = await steps.post();
      await f.registry.connect(provider).authorise(f.market, false);
      await expect(steps.claim(job, key))
        .to.be.revertedWithCustomError(f.registry, "NotAuthorised")
        .withArgs(provider.address, f.market.target);
      await f.registry.connect(provider).authorise(f.market, true);
      const { free } = await f.registry.account(provider, f.market);
      await f.registry.connect(provider).withdraw(f.market, free, provider);
      await expect(steps.claim(job, key)).to.be.revertedWithCustomError(f.registry, "InsufficientFree");
    });

    it("is committed by the key alone, and its pay and lock are the provider's", async () => {
      await authorise();
      const job = await steps.post();
      await steps.claim(job, key);
      await expect(steps.commit(job, provider)).to.be.revertedWithCustomError(f.market, "NotAssignee");
      await steps.commit(job, key);
      await steps.passWindow();
      const pay = job.terms.pricePerShard + job.terms.keeperFee;
      await expect(steps.settle(job)).to.changeTokenBalances(f.ethers, f.credits, [provider, key], [pay, 0n]);
      const { allowance, maxLocked, unsettled } = await stateOf();
      expect([allowance, unsettled, await lockedOf()]).to.deep.equal([maxLocked, 0n, 0n]);
    });

    it("goes on after the key was revoked: commit, settlement, expiry and slash", async () => {
      await authorise();
      const job = await steps.post({ shards: 3, shardsPerClaim: 1 });
      await steps.claim(job, key, [0, 1, 2]);
      await f.registry.connect(provider).revokeKey(key);
      await steps.commit(job, key, 0);
      await steps.commit(job, key, 1);
      await steps.judge(job, key, { fallen: FALL.proof }, 1);
      await steps.passClaimPeriod();
      await expect(steps.settle(job, [0, 1]))
        .to.emit(f.market, "UnitSettled")
        .and.to.emit(f.market, "UnitForfeited");
      await expect(steps.expire(job, [2])).to.emit(f.market, "UnitExpired");
      const { allowance, maxLocked, unsettled, revoked } = await stateOf();
      expect([allowance, unsettled, revoked, await lockedOf()]).to.deep.equal([maxLocked, 0n, true, 0n]);
    });

    it("counts beside the provider's own, 1,024 each", async () => {
      await authorise(2_000n * LOCK);
      const acting = await f.ethers.getSigners();
      const market = acting[11]!;
      await f.registry.connect(provider).authorise(market, true);
      const asMarket = f.registry.connect(market);
      await asMarket.lock(key, 0n, 1_024);
      await asMarket.lock(provider, 0n, 1_024);
      for (const worker of [key, provider]) {
        await expect(asMarket.lock(worker, 0n, 1))
          .to.be.revertedWithCustomError(f.registry, "TooManyClaims")
          .withArgs(worker.address);
      }
      await asMarket.unlock(key, 0n);
      await asMarket.lock(key, 0n, 1);
      expect((await f.registry.account(key, market)).unsettled).to.equal(1_024n);
      expect((await f.registry.account(provider, market)).unsettled).to.equal(1_024n);
    });
  });

  it("an allowance may be changed, but not below what is locked under the key", async () => {
    await authorise(4n * LOCK);
    const job = await steps.post();
    await steps.claim(job, key);
    await expect(authorise(LOCK - UNIT)).to.be.revertedWithCustomError(f.registry, "AllowanceTooLow");
    await authorise(8n * LOCK);
    const { allowance, maxLocked } = await stateOf();
    expect(maxLocked).to.equal(((8n * LOCK) / UNIT) * UNIT);
    expect(maxLocked - allowance).to.equal(((LOCK + UNIT - 1n) / UNIT) * UNIT);
  });

  it("locks of an odd number of wei come back to the unit", async () => {
    const lock = LOCK + 12_345n;
    await authorise(100n * ORION);
    const job = await steps.post({ shards: 3, shardsPerClaim: 1, collateralPerClaim: lock });
    await steps.claim(job, key, [0, 1, 2]);
    for (const unit of [0, 1, 2]) await steps.commit(job, key, unit);
    await f.market.connect(f.poster).accept(job.terms, [0]);
    await f.market.connect(f.poster).accept(job.terms, [1, 2]);
    const { allowance, maxLocked } = await stateOf();
    expect(allowance).to.equal(maxLocked);
  });
});
