import { expect } from "chai";
import { AbiCoder, ZeroHash, id, keccak256 } from "ethers";

import { FAST, ORION, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { OUTPUTS_ROOT, OUTPUTS, marketSteps, type MarketSteps } from "../../../support/market-steps.ts";

const [FREE, CLAIMED, COMMITTED] = [0n, 1n, 2n];

describe("JobMarket: claim and commit", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  const lockedOf = async (index: 0 | 1 | 2): Promise<bigint> =>
    (await f.registry.account(f.workers[index], f.market)).locked;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  describe("claim", () => {
    it("assigns the unit, locks shards × collateral and starts the clock", async () => {
      const [worker] = f.workers;
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      const claiming = await steps.claim(job, worker, [1]);
      const deadline = BigInt((await claiming.getBlock())?.timestamp ?? 0) + BigInt(f.parameters.fast.claimPeriod);
      await expect(claiming)
        .to.emit(f.market, "UnitClaimed")
        .withArgs(job.id, await steps.key(job, worker, 1), worker.address, 1, 0, deadline, worker.address, 2n * ORION);
      expect(await f.market.unit(job.id, 1)).to.deep.equal([[worker.address, 0n, deadline, 0n], CLAIMED]);
      expect((await f.market.job(job.id)).unclaimed).to.equal(6n);
      expect(await lockedOf(0)).to.equal(2n * ORION);
    });

    it("gives the uneven last unit its own number of shards, and the lock of any other", async () => {
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await steps.claim(job, f.workers[0], [2]);
      expect(await lockedOf(0)).to.equal(2n * ORION);
      expect((await f.market.job(job.id)).unclaimed).to.equal(8n);
    });

    it("takes several units at once, or none", async () => {
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await steps.claim(job, f.workers[0], [2, 0]);
      expect(await lockedOf(0)).to.equal(4n * ORION);
      await expect(steps.claim(job, f.workers[1], [1, 2]))
        .to.be.revertedWithCustomError(f.market, "UnitNotFree")
        .withArgs(job.id, 2);
      expect((await f.market.unit(job.id, 1)).state).to.equal(FREE);
      expect(await lockedOf(1)).to.equal(0n);
    });

    it("refuses a unit named twice in one call", async () => {
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await expect(steps.claim(job, f.workers[0], [1, 1])).to.be.revertedWithCustomError(f.market, "UnitNotFree");
    });

    it("lets exactly one of two racing workers have a unit", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      await expect(steps.claim(job, f.workers[1]))
        .to.be.revertedWithCustomError(f.market, "UnitNotFree")
        .withArgs(job.id, 0);
      expect((await f.market.unit(job.id, 0)).slot.worker).to.equal(f.workers[0].address);
    });

    it("counts the attempts of a returned unit, in the slot and in the claim's name", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      await steps.passClaimPeriod();
      await steps.expire(job);
      expect((await f.market.unit(job.id, 0)).slot.attempt).to.equal(1n);
      await expect(steps.claim(job, f.workers[0])).to.emit(f.market, "UnitClaimed");
      const keys = [await steps.key(job, f.workers[0], 0, 0), await steps.key(job, f.workers[0], 0, 1)];
      expect(new Set(keys).size).to.equal(2);
      await expect(steps.commit(job, f.workers[0], 0, 0))
        .to.be.revertedWithCustomError(f.market, "WrongKey")
        .withArgs(keys[1], keys[0]);
      await expect(steps.commit(job, f.workers[0], 0, 1)).to.emit(f.market, "ClaimCommitted");
    });

    it("refuses a unit after 65,535 attempts, and the poster gets its credits back", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      await setAttempts(job.id, 65_534n);
      await steps.passClaimPeriod();
      await steps.expire(job);
      expect((await f.market.unit(job.id, 0)).slot.attempt).to.equal(65_535n);
      await expect(steps.claim(job, f.workers[0])).to.be.revertedWithCustomError(f.market, "UnitNotFree");
      const escrow = job.terms.pricePerShard + job.terms.keeperFee;
      await expect(steps.cancel(job)).to.changeTokenBalance(f.ethers, f.credits, f.poster, escrow);
    });

    it("refuses a unit beyond the last", async () => {
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await expect(steps.claim(job, f.workers[0], [3]))
        .to.be.revertedWithCustomError(f.market, "NoSuchUnit")
        .withArgs(job.id, 3);
    });

    it("refuses a job that nobody posted, also one that differs in one field", async () => {
      const { terms } = await steps.post();
      const other = { ...terms, pricePerShard: terms.pricePerShard + 1n };
      await expect(f.market.connect(f.workers[0]).claim(other, [0]))
        .to.be.revertedWithCustomError(f.market, "UnknownJob")
        .withArgs(await f.market.jobIdOf(other));
    });

    it("refuses terms with bits outside a field's width", async () => {
      const job = await steps.post();
      const data = f.market.interface.encodeFunctionData("claim", [job.terms, [0]]);
      // The options are the fifteenth word, in its last three bytes.
      const end = 10 + 15 * 64;
      const dirty = data.slice(0, end - 8) + "01" + data.slice(end - 6);
      await expect(f.workers[0].sendTransaction({ to: f.market, data: dirty })).to.be.revertedWithCustomError(
        f.market,
        "UnknownJob",
      );
      const posting = f.market.interface.encodeFunctionData("postJob", [f.terms()]);
      const dirtyPosting = posting.slice(0, end - 8) + "01" + posting.slice(end - 6);
      await expect(f.poster.sendTransaction({ to: f.market, data: dirtyPosting })).to.be.revertedWithoutReason(
        f.ethers,
      );
    });

    it("refuses a cancelled job", async () => {
      const job = await steps.post();
      await steps.cancel(job);
      await expect(steps.claim(job, f.workers[0]))
        .to.be.revertedWithCustomError(f.market, "JobIsCancelled")
        .withArgs(job.id);
    });

    it("refuses a worker that has not authorised the market, and one whose stake is too small", async () => {
      const job = await steps.post();
      await f.registry.connect(f.workers[0]).authorise(f.market, false);
      await expect(steps.claim(job, f.workers[0]))
        .to.be.revertedWithCustomError(f.registry, "NotAuthorised")
        .withArgs(f.workers[0].address, f.market.target);
      await f.registry.connect(f.stranger).authorise(f.market, true);
      await expect(steps.claim(job, f.stranger))
        .to.be.revertedWithCustomError(f.registry, "InsufficientFree")
        .withArgs(f.stranger.address, f.market.target, 0n, 2n * ORION);
    });

    it("refuses while claims are paused", async () => {
      const job = await steps.post();
      await f.market.setPaused(true);
      await expect(steps.claim(job, f.workers[0])).to.be.revertedWithCustomError(f.market, "MarketPaused");
    });
  });

  describe("commit", () => {
    it("records the claim's facts with the judge and announces root, outputs and window", async () => {
      const [worker] = f.workers;
      const job = await steps.post({ shards: 10, shardsPerClaim: 4, challengers: id("list") });
      await steps.claim(job, worker, [2]);
      const committing = await steps.commit(job, worker, 2);
      const now = BigInt((await committing.getBlock())?.timestamp ?? 0);
      const windowEnd = now + BigInt(f.parameters.fast.challengeWindow);
      const key = await steps.key(job, worker, 2);
      await expect(committing)
        .to.emit(f.market, "ClaimCommitted")
        .withArgs(job.id, key, worker.address, 2, OUTPUTS_ROOT, OUTPUTS, windowEnd);
      const { programRoot, inputsRoot, shards } = job.terms;
      const facts = {
        outputsRoot: OUTPUTS_ROOT,
        programRoot,
        inputsRoot,
        challengers: id("list"),
        shards,
        from: 8,
        to: 10,
        worker,
        windowEnd,
        profile: FAST,
      };
      await f.disputes.requireFacts(f.market, key, { ...facts, worker: worker.address });
      const types = [
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "uint32",
        "uint32",
        "uint32",
        "address",
        "uint40",
        "uint8",
      ];
      const values = Object.values({ ...facts, worker: worker.address });
      const hash = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
      // The last bit of a stored hash belongs to the judge.
      expect(BigInt(await f.disputes.factsHash(f.market, key))).to.equal(BigInt(hash) & ~1n);
      const { slot, state } = await f.market.unit(job.id, 2);
      expect([slot.committedAt, state]).to.deep.equal([now, COMMITTED]);
    });

    it("is possible up to the deadline, to the second, and not after", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(job, f.workers[0], [0, 1]);
      const { deadline } = (await f.market.unit(job.id, 0)).slot;
      await f.time.setNextBlockTimestamp(deadline);
      await steps.commit(job, f.workers[0], 0);
      await f.time.setNextBlockTimestamp(deadline + 1n);
      await expect(steps.commit(job, f.workers[0], 1))
        .to.be.revertedWithCustomError(f.market, "DeadlinePassed")
        .withArgs(deadline);
    });

    it("happens once: a second root is refused", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      const key = await steps.key(job, f.workers[0]);
      await expect(f.market.connect(f.workers[0]).commit(job.terms, 0, key, id("other root"), OUTPUTS))
        .to.be.revertedWithCustomError(f.market, "AlreadyCommitted")
        .withArgs(key);
    });

    it("is the assignee's alone: a copied commit by another sender reverts", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      const key = await steps.key(job, f.workers[0]);
      await expect(f.market.connect(f.workers[1]).commit(job.terms, 0, key, OUTPUTS_ROOT, OUTPUTS))
        .to.be.revertedWithCustomError(f.market, "NotAssignee")
        .withArgs(job.id, 0, f.workers[1].address);
    });

    it("refuses a free unit and a settled one", async () => {
      const job = await steps.post();
      await expect(steps.commit(job, f.workers[0])).to.be.revertedWithCustomError(f.market, "NotAssignee");
      await steps.work(job, f.workers[0]);
      await steps.passWindow();
      await steps.settle(job);
      await expect(steps.commit(job, f.workers[0])).to.be.revertedWithCustomError(f.market, "AlreadyCommitted");
    });

    it("refuses an empty root", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      const key = await steps.key(job, f.workers[0]);
      await expect(
        f.market.connect(f.workers[0]).commit(job.terms, 0, key, ZeroHash, OUTPUTS),
      ).to.be.revertedWithCustomError(f.market, "ZeroRoot");
    });

    it("binds to chain, market, job, unit, attempt and worker: the key of any other is refused", async () => {
      const [worker, other] = f.workers;
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      const second = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(job, worker, [0]);
      const { chainId } = await f.ethers.provider.getNetwork();
      const types = ["uint256", "address", "bytes32", "uint32", "uint16", "address"];
      const right = [chainId, f.market.target, job.id, 0, 0, worker.address];
      const keyOf = (values: unknown[]): string => keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
      expect(keyOf(right)).to.equal(await steps.key(job, worker));
      const wrong = [chainId + 1n, f.registry.target, second.id, 1, 1, other.address];
      for (const [index, value] of wrong.entries()) {
        const key = keyOf(right.with(index, value));
        await expect(f.market.connect(worker).commit(job.terms, 0, key, OUTPUTS_ROOT, OUTPUTS))
          .to.be.revertedWithCustomError(f.market, "WrongKey")
          .withArgs(keyOf(right), key);
      }
    });

    it("goes on while posts and claims are paused, and after a cancellation", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(job, f.workers[0], [0, 1]);
      await f.market.setPaused(true);
      await expect(steps.commit(job, f.workers[0], 0)).to.emit(f.market, "ClaimCommitted");
      await steps.cancel(job);
      await expect(steps.commit(job, f.workers[0], 1)).to.emit(f.market, "ClaimCommitted");
    });
  });

  /** Writes the number of attempts into the slot of unit 0; slot numbers follow the order of declaration. */
  async function setAttempts(jobId: string, attempts: bigint): Promise<void> {
    const coder = AbiCoder.defaultAbiCoder();
    for (let base = 0; base < 20; base += 1) {
      const outer = keccak256(coder.encode(["bytes32", "uint256"], [jobId, base]));
      const slot = keccak256(coder.encode(["uint256", "bytes32"], [0, outer]));
      const word = BigInt(await f.ethers.provider.getStorage(f.market, slot));
      if ((word & (2n ** 160n - 1n)) !== BigInt(f.workers[0].address)) continue;
      const changed = (word & ~(0xffffn << 160n)) | (attempts << 160n);
      const value = coder.encode(["uint256"], [changed]);
      await f.ethers.provider.send("hardhat_setStorageAt", [f.market.target, slot, value]);
      return;
    }
    throw new Error("the unit's slot was not found");
  }
});
