import { expect } from "chai";
import { ZeroHash } from "ethers";
import fc from "fast-check";

import { chunkPlace } from "@orion/protocol/disputes";

import { SALT } from "../../support/dispute-fixture.ts";
import type { LyingClaim } from "../../support/lying-claim.ts";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { both, LIE_KINDS, randomLie } from "../../support/random-lies.ts";
import {
  answerAll,
  Challenger,
  commitTo,
  lie,
  publish,
  publishOutput,
  randomJob,
  subjectsOf,
  type Commitment,
  type DisputedJob,
  type Step,
} from "../../support/whole-dispute.ts";
import { Random } from "../../unit/tensor/random.ts";

const RUNS = 30 * Math.max(1, Number(process.env.FUZZ_RUNS) || 1);

/** No dispute over small claims is longer: outputs, a trace, hashes of a tensor and a chunk with their answers, a seal and a proof. */
const MOST_STEPS = 12;

describe("whole disputes against the real market, judge and tensor machine", () => {
  let f: MarketFixture;

  before(async () => {
    f = await deployMarketFixture();
  });

  /** Plays until the claim has fallen; the worker answers `answers` demands and is silent afterwards. */
  async function play(of: DisputedJob, claim: Commitment, lies: LyingClaim, answers: number): Promise<Challenger> {
    const challenger = new Challenger(of, claim, f.stranger);
    let left = answers;
    for (let round = 0; round < 3 * MOST_STEPS; round++) {
      const move = await challenger.step();
      if (move.type === "prove" || move.type === "timeout") return challenger;
      if (move.type === "none" || move.type === "late") throw new Error(`the challenger gave up: ${move.type}`);
      const answered: Step[] = left > 0 ? await answerAll(of, claim, lies) : [];
      left -= answered.length;
      challenger.steps.push(...answered);
      // Whoever asked for a trace or a chunk waits for the worker's turn as well.
      if (answered.length === 0 && move.type === "wait") await f.time.increaseTo(move.until + 1);
    }
    throw new Error("the dispute does not end");
  }

  /** Settles the fallen claim and checks who gets what of the lock; then an honest worker finishes the unit. */
  async function settleAndFinish(of: DisputedJob, fallen: Commitment, challenger: Challenger): Promise<void> {
    const { job, unit, honest } = of;
    const { orion, registry, market, disputes, poster, stranger, workers } = f;
    const { finderBps, burnBps } = f.parameters.standard;
    const lock = job.terms.collateralPerClaim;
    const supply = await orion.totalSupply();
    const before = await Promise.all([orion.balanceOf(poster), orion.balanceOf(stranger)]);
    const { locked } = await registry.account(fallen.worker, market);
    expect(locked).to.equal(lock);
    await market.settle(job.terms, [unit]);
    const burned = supply - (await orion.totalSupply());
    const after = await Promise.all([orion.balanceOf(poster), orion.balanceOf(stranger)]);
    const [toPoster, toFinder] = [after[0] - before[0], after[1] - before[1]];
    const isProved = challenger.steps.at(-1)!.what === "prove";
    const reserved = lock - burned - toPoster - toFinder;
    if (isProved) {
      expect(reserved).to.equal(0n);
      expect(burned).to.equal((lock * BigInt(burnBps)) / 10_000n);
      expect(toFinder).to.equal((lock * BigInt(finderBps)) / 10_000n);
    } else {
      // Silence proves nothing: a tenth to the finder, half and the poster's tenth wait for the verdict of the next claim.
      expect(toFinder).to.equal(lock / 10n);
      expect(toPoster).to.equal(0n);
      expect(reserved).to.equal(lock / 2n + lock / 10n);
      expect(burned).to.equal(lock - lock / 10n - reserved);
    }
    expect((await registry.account(fallen.worker, market)).locked).to.equal(0);
    const free = await market.unit(job.id, unit);
    expect([free.slot.attempt, free.state]).to.deep.equal([1n, 0n]);
    const subjects = await subjectsOf(of, fallen);
    await disputes.returnPrepayments(market, fallen.key, subjects);
    // What was answered of the queue burns a fifth, which stays with the judge.
    const returned = await disputes.queryFilter(disputes.filters.PrepaymentReturned());
    const kept = returned.reduce((sum, { args }) => sum + args.burned, 0n);
    const held = await f.ethers.provider.getBalance(disputes);
    expect(await disputes.balanceOf(stranger)).to.equal(held - kept);

    const next = await commitTo(of, workers[1], honest.facts.outputsRoot);
    expect((await new Challenger(of, next, stranger).next()).type).to.equal("none");
    await f.time.increase(f.parameters.standard.challengeWindow + 1);
    const paid = await f.credits.balanceOf(workers[1]);
    await market.settle(job.terms, [unit]);
    expect((await f.credits.balanceOf(workers[1])) > paid).to.equal(true);
    expect((await market.unit(job.id, unit)).state).to.equal(3n);
  }

  it("end with the liar slashed and the job finished, whatever the lie, wherever the worker falls silent", async () => {
    const kinds = new Map<string, number>();
    const scenario = fc.record({
      seed: fc.integer({ min: 1, max: 2 ** 30 }),
      shards: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom(...LIE_KINDS),
      second: fc.option(fc.constantFrom(...LIE_KINDS)),
      answers: fc.oneof(fc.constant(MOST_STEPS), fc.integer({ min: 0, max: 3 })),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, shards, kind, second, answers }) => {
        await f.reset();
        const of = await randomJob(f, seed, shards);
        const r = new Random(seed ^ 0x5bd1e995);
        const claim = { program: of.honest.program, shape: of.shape, traces: of.traces };
        const first = randomLie(r, claim, kind) ?? randomLie(r, claim, "element")!;
        const more = second === null ? undefined : randomLie(r, claim, second);
        const lies = lie(of, more === undefined ? first : both(first, more));
        const committed = await commitTo(of, f.workers[0], lies.root);
        const challenger = await play(of, committed, lies, answers);
        const how = challenger.steps.at(-1)!.what;
        kinds.set(how, (kinds.get(how) ?? 0) + 1);
        expect(challenger.steps.length).to.be.at.most(MOST_STEPS);
        await settleAndFinish(of, committed, challenger);
      }),
      { numRuns: RUNS },
    );
    expect([...kinds.keys()].sort()).to.deep.equal(["prove", "timeout"]);
  });

  it("take a trace, a seal and a proof where the worker published its wrong outputs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 30 }), async (seed) => {
        await f.reset();
        const of = await randomJob(f, seed, 2);
        const node = of.honest.program.outputNodes[0]!;
        const chunk = new Uint8Array(1_024);
        chunk.set(of.traces[1]!.tensors(node).subarray(0, 1_024));
        chunk[0]! ^= 1;
        const lies = lie(of, { chunks: new Map([[chunkPlace(of.shape, 1, node, 0), chunk]]) });
        const committed = await commitTo(of, f.workers[0], lies.root);
        const challenger = new Challenger(of, committed, f.stranger);
        expect(publish(lies, challenger)).to.equal(true);
        expect(await challenger.step()).to.include({ type: "demandTrace", shard: 1 });
        await answerAll(of, committed, lies);
        await challenger.next();
        publishOutput(of, lies, challenger, 1, node);
        expect((await challenger.step()).type).to.equal("prove");
        expect(challenger.steps.map(({ what }) => what)).to.deep.equal(["demandTrace", "seal", "prove"]);
        await settleAndFinish(of, committed, challenger);
      }),
      { numRuns: 5 },
    );
  });

  it("pay a finder only by its own proof: the same proof from another claim, unit or worker shows nothing", async () => {
    const of = await randomJob(f, 11, 2);
    const claim = { program: of.honest.program, shape: of.shape, traces: of.traces };
    const lies = lie(of, randomLie(new Random(3), claim, "element")!);
    const committed = await commitTo(of, f.workers[0], lies.root);
    const judge = f.disputes.connect(f.stranger);
    const wrongKey = await f.market.keyOf(of.job.id, 0, 0, f.workers[0]);
    await expect(
      judge.proveFraud(f.market, wrongKey, committed.facts, 0, ZeroHash, 0, "0x", SALT),
    ).to.be.revertedWithCustomError(f.disputes, "UnknownClaim");
    await expect(
      judge.proveFraud(
        f.market,
        committed.key,
        { ...committed.facts, worker: f.workers[1].address },
        0,
        ZeroHash,
        0,
        "0x",
        SALT,
      ),
    ).to.be.revertedWithCustomError(f.disputes, "WrongFacts");
  });
});
