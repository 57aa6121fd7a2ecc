import { expect } from "chai";
import { AbiCoder, MaxUint256, type Signature, ZeroAddress, ZeroHash, id, keccak256 } from "ethers";

import { encodeTerms, type Terms } from "@orion/protocol/chain";

import {
  FAST,
  CU,
  ORION,
  WITHOUT_KEEPER,
  deployMarketFixture,
  type MarketFixture,
} from "../../../support/market-fixture.ts";
import { signPermit } from "../../../support/permit.ts";
import { marketSteps, type MarketSteps } from "../../../support/market-steps.ts";

const MAX_UINT96 = 2n ** 96n - 1n;

describe("JobMarket: post", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  const post = (terms: Terms): ReturnType<MarketFixture["market"]["postJob"]> =>
    f.market.connect(f.poster).postJob(terms);
  const refused = async (overrides: Partial<Terms>, error: string, ...values: unknown[]): Promise<void> => {
    const attempt = expect(post(f.terms(overrides))).to.be.revertedWithCustomError(f.market, error);
    await (values.length > 0 ? attempt.withArgs(...values) : attempt);
  };

  describe("when the terms are sane", () => {
    it("escrows shards × (price + fee), records the job and announces the terms in full", async () => {
      const terms = f.terms({ shards: 10, shardsPerClaim: 4 });
      const jobId = await f.market.jobIdOf(terms);
      const escrow = 10n * (terms.pricePerShard + terms.keeperFee);
      const posting = post(terms);
      await expect(posting)
        .to.emit(f.market, "JobPosted")
        .withArgs(jobId, f.poster.address, f.poster.address, Object.values(terms));
      await expect(posting).to.changeTokenBalances(f.ethers, f.credits, [f.poster, f.market], [-escrow, escrow]);
      const now = BigInt(await f.time.latest());
      expect(await f.market.job(jobId)).to.deep.equal([escrow, 10n, 10n, now, 1n, now]);
    });

    it("names the job by chain, market and terms, as ABI encoding hashes them", async () => {
      const terms = f.terms();
      const { chainId } = await f.ethers.provider.getNetwork();
      const prefix = AbiCoder.defaultAbiCoder().encode(["uint256", "address"], [chainId, f.market.target]);
      expect(await f.market.jobIdOf(terms)).to.equal(keccak256(prefix + encodeTerms(terms).slice(2)));
    });

    it("gives every field of the terms a part in the name", async () => {
      const terms = f.terms();
      const other: Terms = {
        poster: f.stranger.address,
        salt: id("other"),
        programRoot: id("other"),
        dataset: id("other"),
        inputsRoot: id("other"),
        challengers: id("other"),
        rows: terms.rows + 1n,
        shards: terms.shards + 1,
        shardsPerClaim: terms.shardsPerClaim + 1,
        workPerShard: terms.workPerShard + 1n,
        pricePerShard: terms.pricePerShard + 1n,
        keeper: f.stranger.address,
        keeperFee: terms.keeperFee + 1n,
        collateralPerClaim: terms.collateralPerClaim + 1n,
        options: terms.options + 1,
      };
      const names = await Promise.all(
        Object.entries(other).map(([field, value]) => f.market.jobIdOf({ ...terms, [field]: value as unknown })),
      );
      expect(new Set([...names, await f.market.jobIdOf(terms)]).size).to.equal(names.length + 1);
    });

    it("lets anyone pay for a poster, who owns the job", async () => {
      await f.credits.connect(f.poster).transfer(f.stranger, CU);
      await f.credits.connect(f.stranger).approve(f.market, MaxUint256);
      const terms = f.terms();
      await expect(f.market.connect(f.stranger).postJobFor(terms))
        .to.emit(f.market, "JobPosted")
        .withArgs(await f.market.jobIdOf(terms), f.poster.address, f.stranger.address, Object.values(terms));
      await expect(f.market.connect(f.stranger).cancel(terms)).to.be.revertedWithCustomError(f.market, "NotPoster");
      await expect(f.market.connect(f.poster).cancel(terms)).to.changeTokenBalances(
        f.ethers,
        f.credits,
        [f.poster, f.stranger],
        [terms.pricePerShard + terms.keeperFee, 0n],
      );
    });

    it("accepts a job without keeper and fee", async () => {
      await expect(post(f.terms(WITHOUT_KEEPER))).to.emit(f.market, "JobPosted");
    });

    it("takes an escrow of exactly 96 bits and refuses one more", async () => {
      const price = MAX_UINT96 / 2n;
      const work = { workPerShard: CU / 10n, shards: 2, rows: 2n, ...WITHOUT_KEEPER };
      // The poster cannot own so much: the token refuses, the market does not.
      await refused({ ...work, pricePerShard: price + 1n }, "EscrowTooLarge", 2n * (price + 1n));
      await expect(post(f.terms({ ...work, pricePerShard: price }))).to.be.revertedWithCustomError(
        f.credits,
        "ERC20InsufficientBalance",
      );
    });
  });

  describe("with a permit", () => {
    const permit = (value: bigint): Promise<Signature> => signPermit(f.credits, f.poster, f.market.target, value);
    const escrowOf = (terms: Terms): bigint => terms.pricePerShard + terms.keeperFee;

    beforeEach(() => f.credits.connect(f.poster).approve(f.market, 0n));

    it("posts without an earlier approval and leaves no allowance", async () => {
      const terms = f.terms();
      const { v, r, s } = await permit(escrowOf(terms));
      await f.market.connect(f.poster).postJobWithPermit(terms, MaxUint256, v, r, s);
      expect((await f.market.job(await f.market.jobIdOf(terms))).unclaimed).to.equal(1n);
      expect(await f.credits.allowance(f.poster, f.market)).to.equal(0n);
    });

    it("posts although someone else has used the permit first", async () => {
      const terms = f.terms();
      const { v, r, s } = await permit(escrowOf(terms));
      await f.credits.connect(f.stranger).permit(f.poster, f.market, escrowOf(terms), MaxUint256, v, r, s);
      await expect(f.market.connect(f.poster).postJobWithPermit(terms, MaxUint256, v, r, s)).to.emit(
        f.market,
        "JobPosted",
      );
    });

    it("refuses a permit that does not cover the escrow", async () => {
      const terms = f.terms();
      const { v, r, s } = await permit(escrowOf(terms) - 1n);
      await expect(
        f.market.connect(f.poster).postJobWithPermit(terms, MaxUint256, v, r, s),
      ).to.be.revertedWithCustomError(f.credits, "ERC20InsufficientAllowance");
    });

    it("refuses terms of another poster, whose permit this is not", async () => {
      const terms = f.terms();
      const { v, r, s } = await permit(escrowOf(terms));
      await expect(
        f.market.connect(f.stranger).postJobWithPermit(terms, MaxUint256, v, r, s),
      ).to.be.revertedWithCustomError(f.market, "NotPoster");
    });
  });

  describe("when something is wrong", () => {
    it("refuses another's terms", () =>
      refused({ poster: f.stranger.address }, "NotPoster", f.poster.address, f.stranger.address));
    it("refuses nobody's terms", async () => {
      await expect(f.market.postJobFor(f.terms({ poster: ZeroAddress }))).to.be.revertedWithCustomError(
        f.market,
        "EmptyTerms",
      );
    });
    it("refuses the same terms twice", async () => {
      const { terms, id: jobId } = await steps.post();
      await expect(post(terms)).to.be.revertedWithCustomError(f.market, "JobExists").withArgs(jobId);
    });
    it("refuses the terms of a cancelled and of a settled job", async () => {
      const cancelled = await steps.post();
      await steps.cancel(cancelled);
      await expect(post(cancelled.terms)).to.be.revertedWithCustomError(f.market, "JobExists");
      const settled = await steps.post();
      await steps.work(settled, f.workers[0]);
      await steps.passWindow();
      await steps.settle(settled);
      await expect(post(settled.terms)).to.be.revertedWithCustomError(f.market, "JobExists");
    });
    it("refuses a poster without credits", async () => {
      const terms = f.terms({ poster: f.stranger.address });
      await expect(f.market.connect(f.stranger).postJob(terms)).to.be.revertedWithCustomError(
        f.credits,
        "ERC20InsufficientAllowance",
      );
    });
    for (const field of ["programRoot", "inputsRoot", "dataset"] as const) {
      it(`refuses an empty ${field}`, () => refused({ [field]: ZeroHash }, "EmptyTerms"));
    }
    it("refuses no work", () => refused({ workPerShard: 0n }, "EmptyTerms"));
    it("refuses no shards", () => refused({ shards: 0 }, "BadShards", 64n, 0n, 1n));
    it("refuses fewer rows than shards", () => refused({ rows: 9n, shards: 10 }, "BadShards", 9n, 10n, 1n));
    it("refuses units of no shards", () => refused({ shardsPerClaim: 0 }, "BadShards", 64n, 1n, 0n));
    it("refuses units of more than 1,024 shards", () => refused({ shardsPerClaim: 1025 }, "BadShards", 64n, 1n, 1025n));
    it("refuses a price of zero", () => refused({ pricePerShard: 0n }, "BelowPar", 0n, CU / 10n));
    it("refuses a price one unit below par and takes par", async () => {
      await refused({ pricePerShard: CU / 10n - 1n }, "BelowPar", CU / 10n - 1n, CU / 10n);
      await expect(post(f.terms({ pricePerShard: CU / 10n }))).to.emit(f.market, "JobPosted");
    });
    it("refuses a fee for nobody", () => refused({ keeper: ZeroAddress }, "BadKeeper", ZeroAddress, CU / 100n));
    it("refuses an unknown profile", () => refused({ options: 4 }, "UnknownProfile", 4));
    it("refuses options that have no meaning, or none yet", async () => {
      const unused = 1 << 17;
      const minted = 1 << 16;
      for (const options of [unused, minted, minted | FAST, unused | minted]) {
        await refused({ options }, "BadOptions", options);
      }
    });
    it("takes no attestors or at least three, and none of jobs that only named accounts may challenge", async () => {
      const attestors = (count: number): number => (count << 8) | FAST;
      for (const count of [1, 2]) await refused({ options: attestors(count) }, "BadOptions", attestors(count));
      await refused({ options: attestors(3), challengers: id("list") }, "BadOptions", attestors(3));
      await expect(post(f.terms({ options: attestors(3) }))).to.emit(f.market, "JobPosted");
      await expect(post(f.terms({ options: attestors(255) }))).to.emit(f.market, "JobPosted");
      await expect(post(f.terms({ challengers: id("list") }))).to.emit(f.market, "JobPosted");
    });
    it("refuses prices and fees whose product overflows", () =>
      refused(
        { pricePerShard: MAX_UINT96, keeperFee: MAX_UINT96, shards: 2 ** 32 - 1, rows: 2n ** 32n },
        "EscrowTooLarge",
      ));
    it("refuses while posts are paused", async () => {
      await f.market.setPaused(true);
      await refused({}, "MarketPaused");
    });
  });

  describe("shards 2^32 − 1", () => {
    it("posts, claims its last unit and cancels with every credit returned", async () => {
      const shards = 2 ** 32 - 1;
      const cheap = { workPerShard: 1n, pricePerShard: 1n, ...WITHOUT_KEEPER };
      const job = await steps.post({
        ...cheap,
        shards,
        rows: BigInt(shards),
        shardsPerClaim: 1024,
        collateralPerClaim: ORION,
      });
      const last = Math.ceil(shards / 1024) - 1;
      await expect(steps.claim(job, f.workers[0], [last + 1])).to.be.revertedWithCustomError(f.market, "NoSuchUnit");
      await expect(steps.claim(job, f.workers[0], [last]))
        .to.emit(f.registry, "Locked")
        .withArgs(f.workers[0].address, f.market.target, ORION);
      await steps.commit(job, f.workers[0], last);
      await steps.passWindow();
      await expect(steps.settle(job, [last])).to.changeTokenBalance(f.ethers, f.credits, f.workers[0], 1023n);
      await expect(steps.cancel(job)).to.changeTokenBalance(f.ethers, f.credits, f.poster, BigInt(shards - 1023));
      expect(await f.credits.balanceOf(f.market)).to.equal(0n);
    });
  });

  describe("collateral", () => {
    const { lowest, highest } = { lowest: 5n * ORION, highest: 500n * ORION };
    const work = 10n * CU;
    const big = { workPerShard: work, pricePerShard: work };

    it("lies between the bounds per CU of work, both included", async () => {
      for (const collateralPerClaim of [10n * lowest, 10n * highest]) {
        await expect(post(f.terms({ ...big, collateralPerClaim }))).to.emit(f.market, "JobPosted");
      }
      for (const collateralPerClaim of [10n * lowest - 1n, 10n * highest + 1n]) {
        await refused(
          { ...big, collateralPerClaim },
          "CollateralOutOfBounds",
          collateralPerClaim,
          10n * lowest,
          10n * highest,
        );
      }
    });

    it("rounds the lower bound up", async () => {
      // One unit of work costs 5 wei at least; CU + 1 units therefore 5 ORION and 5 wei.
      await refused(
        { workPerShard: CU + 1n, pricePerShard: 2n * CU, collateralPerClaim: lowest + 4n },
        "CollateralOutOfBounds",
      );
      await expect(
        post(f.terms({ workPerShard: CU + 1n, pricePerShard: 2n * CU, collateralPerClaim: lowest + 5n })),
      ).to.emit(f.market, "JobPosted");
    });

    it("of tiny work may reach the least lock of one claim, and no more", async () => {
      const tiny = { workPerShard: 1n, pricePerShard: 1n };
      await expect(post(f.terms({ ...tiny, collateralPerClaim: ORION }))).to.emit(f.market, "JobPosted");
      await refused({ ...tiny, collateralPerClaim: ORION + 1n }, "CollateralOutOfBounds");
    });

    it("is the same for every unit, and bounded by the work of the largest claim that the job has", async () => {
      const job = { ...big, shardsPerClaim: 4, ...WITHOUT_KEEPER };
      for (const [shards, claims] of [
        [1, 1n],
        [3, 3n],
        [4, 4n],
        [9, 4n],
      ] as const) {
        const [low, high] = [claims * 10n * lowest, claims * 10n * highest];
        for (const collateralPerClaim of [low, high]) {
          await expect(post(f.terms({ ...job, shards, collateralPerClaim }))).to.emit(f.market, "JobPosted");
        }
        for (const collateralPerClaim of [low - 1n, high + 1n]) {
          await refused({ ...job, shards, collateralPerClaim }, "CollateralOutOfBounds", collateralPerClaim, low, high);
        }
      }
    });

    it("of little work is the least lock of one claim, whatever the last unit holds", async () => {
      const tiny = { workPerShard: 1n, pricePerShard: 1n, shardsPerClaim: 4 };
      for (const shards of [3, 8, 9]) {
        await expect(post(f.terms({ ...tiny, shards, collateralPerClaim: ORION }))).to.emit(f.market, "JobPosted");
        await refused(
          { ...tiny, shards, collateralPerClaim: ORION - 1n },
          "CollateralOutOfBounds",
          ORION - 1n,
          ORION,
          ORION,
        );
      }
    });
  });
});
