import { expect } from "chai";
import { AbiCoder, ZeroAddress, ZeroHash, id, keccak256, toBeHex } from "ethers";

import type { DisputeManager } from "../../../protocol/chain/generated/dispute/DisputeManager.js";
import { setOutcome, type Judgement } from "../../support/judged-outcome.ts";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { FALL } from "../../support/market-steps.ts";

describe("DisputeManager", () => {
  let f: MarketFixture;
  let disputes: DisputeManager;
  let vm: unknown;
  const KEY = id("key");
  /** The last bit of a stored hash belongs to the judge. */
  const stored = (hash: string): string => toBeHex(BigInt(hash) & ~1n, 32);

  const profiles = () => {
    const { fast, standard, long, rollup } = f.parameters;
    return [fast, standard, long, rollup];
  };

  before(async () => {
    f = await deployMarketFixture();
    vm = await f.ethers.deployContract("TensorVM");
    disputes = await f.ethers.deployContract("DisputeManager", [vm, profiles()]);
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
    const NOTHING = [ZeroAddress, 0n, 0n, 0n, 0n, false, 0n];
    const recorded = async (key: string, judgement?: Judgement): Promise<void> => {
      await f.disputes.connect(f.poster).recordClaim(key, id("facts"));
      if (judgement !== undefined) await setOutcome(f, await f.disputes.claimIdOf(f.poster, key), judgement);
    };
    const closing = (key: string, payee: string): Promise<string> =>
      f.disputes.connect(f.poster).closeClaim.staticCall(key, payee);
    const close = async (key: string, payee: string = f.workers[0].address): Promise<void> => {
      await f.disputes.connect(f.poster).closeClaim(key, payee);
    };

    it("of a claim that nobody challenged forgets its facts, and says what they were: no proof and no demand can reach it any more", async () => {
      for (const [key, payee] of [
        [id("clean"), f.workers[0].address],
        [id("clean, for nobody"), ZeroAddress],
      ] as const) {
        await recorded(key);
        expect(await closing(key, payee)).to.equal(stored(id("facts")));
        await close(key, payee);
        expect(await closing(key, payee)).to.equal(ZeroHash);
        expect(await f.disputes.factsHash(f.poster, key)).to.equal(ZeroHash);
        expect(await f.disputes.outcome(f.poster, key)).to.deep.equal(NOTHING);
      }
    });

    it("of a claim whose demands are all answered hands its prepayments to the payee, and waits for one", async () => {
      const key = id("answered");
      const holdUntil = await f.time.latest();
      await recorded(key, { holdUntil, prover: f.workers[1].address });
      expect(await closing(key, ZeroAddress)).to.equal(ZeroHash);
      await close(key);
      expect(await f.disputes.factsHash(f.poster, key)).to.equal(ZeroHash);
      const outcome = [f.workers[0].address, 0n, 0n, 0n, 0n, true, BigInt(holdUntil)];
      expect(await f.disputes.outcome(f.poster, key)).to.deep.equal(outcome);
    });

    for (const [what, judgement] of [
      ["has fallen by a proof", { fallen: FALL.proof }],
      ["has fallen by silence", { fallen: FALL.silence }],
      ["has an open demand", { open: 1 }],
      ["is on hold", { holdUntil: 2 ** 32 - 1 }],
    ] as const) {
      it(`of a claim that ${what} changes nothing and says so`, async () => {
        const key = id(what);
        await recorded(key, judgement);
        const before = await f.disputes.outcome(f.poster, key);
        expect(await closing(key, f.workers[0].address)).to.equal(ZeroHash);
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
      outputsRoot: id("root"),
      programRoot: id("program"),
      inputsRoot: id("inputs"),
      challengers: id("list"),
      shards: 10,
      from: 4,
      to: 8,
      worker: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
      windowEnd: 2 ** 40 - 1,
      profile: 2,
    };
    const types = [
      ...["bytes32", "bytes32", "bytes32", "bytes32", "uint32", "uint32", "uint32", "address", "uint40", "uint8"],
    ];
    const key = id("facts");

    before(async () => {
      const hash = keccak256(AbiCoder.defaultAbiCoder().encode(types, Object.values(facts)));
      await disputes.connect(f.poster).recordClaim(key, hash);
    });

    it("accepts the recorded facts", () => disputes.requireFacts(f.poster, key, facts));

    it("refuses facts that differ in any one field", async () => {
      const roots = { outputsRoot: ZeroHash, programRoot: ZeroHash, inputsRoot: ZeroHash, challengers: ZeroHash };
      const changes = { ...roots, shards: 11, from: 5, to: 9, worker: ZeroAddress, windowEnd: 1, profile: 1 };
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
    expect(await disputes.outcome(f.poster, KEY)).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n, false, 0n]);
  });

  describe("profiles", () => {
    it("are announced, readable and four", async () => {
      const events = await disputes.queryFilter(disputes.filters.ProfileDefined(), 0, "latest");
      for (const [index, wanted] of profiles().entries()) {
        const values = Object.values(wanted).map(BigInt);
        expect([...(await disputes.profile(index))]).to.deep.equal(values);
        expect([...(events[index]?.args.profile ?? [])]).to.deep.equal(values);
      }
      for (const read of [
        () => disputes.profile(4),
        () => disputes.profileWords(4),
        () => disputes.priceOfTrace(4, 1),
      ]) {
        await expect(read()).to.be.revertedWithCustomError(disputes, "UnknownProfile").withArgs(4);
      }
    });

    const bounds = {
      claimPeriod: [0, 2 ** 19],
      challengeWindow: [0, 2 ** 26 + 1],
      manifestPeriod: [0],
      answerPeriod: [0, 2 ** 26 + 1],
      descendPeriod: [0, 2 ** 26 + 1],
      expiryBps: [999, 2_001],
      expiryBurnBps: [4_999, 10_001],
      finderBps: [4_001],
      burnBps: [2_499, 6_501],
      answerGwei: [0],
      sealAge: [0, 10_000],
      kappa: [0, 17],
      traceFloor: [0, 2 ** 19 + 1],
      traceWei: [0, 10 ** 15 + 1],
      leastWindow: [0, 100_000],
    };
    for (const [field, values] of Object.entries(bounds)) {
      for (const value of values) {
        it(`refuse ${field} ${String(value)}`, async () => {
          for (const position of [0, 3]) {
            const changed = profiles().with(position, { ...f.parameters.standard, [field]: value });
            await expect(f.ethers.deployContract("DisputeManager", [vm, changed])).to.be.revertedWithCustomError(
              disputes,
              "ProfileOutOfBounds",
            );
          }
        });
      }
    }

    it("take every value at its bounds without one field leaking into another", async () => {
      const extreme = {
        claimPeriod: 2 ** 15,
        challengeWindow: 1,
        manifestPeriod: 2 ** 26,
        answerPeriod: 1,
        descendPeriod: 2 ** 26,
        expiryBps: 2_000,
        expiryBurnBps: 10_000,
        finderBps: 4_000,
        burnBps: 6_000,
        answerGwei: 2 ** 32 - 1,
        sealAge: 2 ** 26,
        kappa: 16,
        traceFloor: 2 ** 19,
        traceWei: 10 ** 15,
        leastWindow: 1,
      };
      const least = {
        ...{ claimPeriod: 1, challengeWindow: 2 ** 26, manifestPeriod: 1, answerPeriod: 2 ** 26, descendPeriod: 1 },
        ...{ expiryBps: 1_000, expiryBurnBps: 5_000, finderBps: 0, burnBps: 2_500, answerGwei: 1 },
        ...{ sealAge: 1, kappa: 1, traceFloor: 1, traceWei: 1, leastWindow: 2 ** 26 },
      };
      const manager = await f.ethers.deployContract("DisputeManager", [vm, [extreme, least, least, extreme]]);
      for (const [index, wanted] of [extreme, least, least, extreme].entries()) {
        expect([...(await manager.profile(index))].map(Number)).to.deep.equal(Object.values(wanted));
      }
    });
  });
});
