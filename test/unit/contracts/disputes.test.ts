import { expect } from "chai";
import { AbiCoder, ZeroAddress, ZeroHash, id, keccak256, toBeHex } from "ethers";

import type { DisputeManager } from "../../../protocol/chain/generated/dispute/DisputeManager.js";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";

describe("DisputeManager", () => {
  let f: MarketFixture;
  let disputes: DisputeManager;
  let vm: unknown;
  const KEY = id("key");
  /** The last bit of a stored hash belongs to the judge. */
  const stored = (hash: string): string => toBeHex(BigInt(hash) & ~1n, 32);

  before(async () => {
    f = await deployMarketFixture();
    const { fast, standard, long } = f.parameters;
    vm = await f.ethers.deployContract("TensorVM");
    disputes = await f.ethers.deployContract("DisputeManager", [vm, fast, standard, long]);
  });

  describe("recordClaim", () => {
    it("records once per market and key; other markets have entries of their own", async () => {
      await disputes.connect(f.poster).recordClaim(KEY, id("facts"));
      await expect(disputes.connect(f.poster).recordClaim(KEY, id("others")))
        .to.be.revertedWithCustomError(disputes, "AlreadyRecorded")
        .withArgs(f.poster.address, KEY);
      await disputes.connect(f.stranger).recordClaim(KEY, id("others"));
      expect(await disputes.factsHash(f.poster, KEY)).to.equal(stored(id("facts")));
      expect(await disputes.factsHash(f.stranger, KEY)).to.equal(stored(id("others")));
      expect(await disputes.factsHash(f.keeper, KEY)).to.equal(ZeroHash);
    });
  });

  describe("closeClaim", () => {
    const NOTHING = [ZeroAddress, 0n, false, false, 0n];
    const recorded = async (key: string, judgement: object = {}): Promise<void> => {
      await f.disputes.connect(f.poster).recordClaim(key, id("facts"));
      if (Object.keys(judgement).length === 0) return;
      const clean = { prover: ZeroAddress, open: 0, fallen: false, closed: false, holdUntil: 0 };
      await f.disputes.judge(f.poster, key, { ...clean, ...judgement });
    };
    const close = async (key: string): Promise<void> => {
      await f.disputes.connect(f.poster).closeClaim(key, f.workers[0]);
    };

    it("of a claim that nobody challenged forgets its facts: no proof and no demand can reach it any more", async () => {
      const key = id("clean");
      await recorded(key);
      expect(await f.disputes.connect(f.poster).closeClaim.staticCall(key, f.workers[0])).to.equal(true);
      await close(key);
      expect(await f.disputes.factsHash(f.poster, key)).to.equal(ZeroHash);
      expect(await f.disputes.outcome(f.poster, key)).to.deep.equal(NOTHING);
    });

    it("of a claim whose demands are all answered hands its prepayments to the worker", async () => {
      const key = id("answered");
      const holdUntil = await f.time.latest();
      await recorded(key, { holdUntil });
      await close(key);
      expect(await f.disputes.factsHash(f.poster, key)).to.equal(ZeroHash);
      const outcome = [f.workers[0].address, 0n, false, true, BigInt(holdUntil)];
      expect(await f.disputes.outcome(f.poster, key)).to.deep.equal(outcome);
    });

    for (const [what, judgement] of [
      ["has fallen", { fallen: true }],
      ["has an open demand", { open: 1 }],
      ["is on hold", { holdUntil: 2 ** 40 - 1 }],
    ] as const) {
      it(`of a claim that ${what} changes nothing and says so`, async () => {
        const key = id(what);
        await recorded(key, judgement);
        const before = await f.disputes.outcome(f.poster, key);
        expect(await f.disputes.connect(f.poster).closeClaim.staticCall(key, f.workers[0])).to.equal(false);
        await close(key);
        expect(await f.disputes.factsHash(f.poster, key)).to.equal(stored(id("facts")));
        expect(await f.disputes.outcome(f.poster, key)).to.deep.equal(before);
      });
    }

    it("never reaches another market's claim of the same key", async () => {
      const key = id("others");
      await recorded(key);
      await f.disputes.connect(f.stranger).closeClaim(key, f.stranger);
      expect(await f.disputes.factsHash(f.poster, key)).to.equal(stored(id("facts")));
    });
  });

  describe("requireFacts", () => {
    const facts = {
      claimRoot: id("root"),
      programRoot: id("program"),
      inputsRoot: id("inputs"),
      shards: 10,
      from: 4,
      to: 8,
      worker: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
      windowEnd: 2 ** 40 - 1,
      profile: 2,
    };
    const types = ["bytes32", "bytes32", "bytes32", "uint32", "uint32", "uint32", "address", "uint40", "uint8"];
    const key = id("facts");

    before(async () => {
      const hash = keccak256(AbiCoder.defaultAbiCoder().encode(types, Object.values(facts)));
      await disputes.connect(f.poster).recordClaim(key, hash);
    });

    it("accepts the recorded facts", () => disputes.requireFacts(f.poster, key, facts));

    it("refuses facts that differ in any one field", async () => {
      const other = { claimRoot: ZeroHash, programRoot: ZeroHash, inputsRoot: ZeroHash, shards: 11, from: 5, to: 9 };
      const changes = { ...other, worker: ZeroAddress, windowEnd: 1, profile: 1 };
      for (const [field, value] of Object.entries(changes)) {
        await expect(disputes.requireFacts(f.poster, key, { ...facts, [field]: value }))
          .to.be.revertedWithCustomError(disputes, "WrongFacts")
          .withArgs(f.poster.address, key);
      }
    });

    it("refuses a claim that nobody recorded", async () => {
      await expect(disputes.requireFacts(f.stranger, key, facts))
        .to.be.revertedWithCustomError(disputes, "UnknownClaim")
        .withArgs(f.stranger.address, key);
    });
  });

  it("has an empty outcome for what nobody challenged", async () => {
    expect(await disputes.outcome(f.poster, KEY)).to.deep.equal([ZeroAddress, 0n, false, false, 0n]);
  });

  describe("profiles", () => {
    it("are announced, readable and three", async () => {
      const events = await disputes.queryFilter(disputes.filters.ProfileDefined(), 0, "latest");
      const { fast, standard, long } = f.parameters;
      for (const [index, wanted] of [fast, standard, long].entries()) {
        const values = Object.values(wanted).map(BigInt);
        expect([...(await disputes.profile(index))]).to.deep.equal(values);
        expect([...(events[index]?.args.profile ?? [])]).to.deep.equal(values);
      }
      await expect(disputes.profile(3)).to.be.revertedWithCustomError(disputes, "UnknownProfile").withArgs(3);
      await expect(disputes.profileWord(255)).to.be.revertedWithCustomError(disputes, "UnknownProfile").withArgs(255);
    });

    const bounds = {
      claimPeriod: [0],
      challengeWindow: [0],
      manifestPeriod: [0],
      answerPeriod: [0],
      descendPeriod: [0],
      expiryBps: [999, 2_001],
      expiryBurnBps: [4_999, 10_001],
      finderBps: [4_001],
      burnBps: [2_499, 6_501],
      answerGwei: [0],
    };
    for (const [field, values] of Object.entries(bounds)) {
      for (const value of values) {
        it(`refuse ${field} ${String(value)}`, async () => {
          const { fast, standard, long } = f.parameters;
          for (const position of [0, 1, 2]) {
            const profiles = [fast, standard, long].with(position, { ...fast, [field]: value });
            await expect(f.ethers.deployContract("DisputeManager", [vm, ...profiles])).to.be.revertedWithCustomError(
              disputes,
              "ProfileOutOfBounds",
            );
          }
        });
      }
    }

    it("take every value at its bounds without one field leaking into another", async () => {
      const most = 2 ** 32 - 1;
      const extreme = {
        claimPeriod: most,
        challengeWindow: 1,
        manifestPeriod: most,
        answerPeriod: 1,
        descendPeriod: most,
        expiryBps: 2_000,
        expiryBurnBps: 10_000,
        finderBps: 4_000,
        burnBps: 6_000,
        answerGwei: most,
      };
      const least = {
        ...extreme,
        claimPeriod: 1,
        expiryBps: 1_000,
        expiryBurnBps: 5_000,
        finderBps: 0,
        burnBps: 2_500,
        answerGwei: 1,
      };
      const manager = await f.ethers.deployContract("DisputeManager", [vm, extreme, least, extreme]);
      expect([...(await manager.profile(0))].map(Number)).to.deep.equal(Object.values(extreme));
      expect([...(await manager.profile(1))].map(Number)).to.deep.equal(Object.values(least));
    });
  });
});
