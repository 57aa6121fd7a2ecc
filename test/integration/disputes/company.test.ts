import { expect } from "chai";

import { placeOnChain, ROOT, shardPlace, subjectOf, type Place } from "@orion/protocol/disputes";
import { toHex } from "@orion/protocol/common";
import { ZeroHash, type AddressLike } from "ethers";

import { factsHash, NO_ENTRY } from "../../support/claim-view.ts";
import { ALONE } from "../../support/dispute-fixture.ts";
import type { LyingClaim } from "../../support/lying-claim.ts";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { randomLie } from "../../support/random-lies.ts";
import {
  answerAll,
  Challenger,
  commitTo,
  headerOf,
  lie,
  randomJob,
  readDispute,
  type Commitment,
  type DisputedJob,
} from "../../support/whole-dispute.ts";
import { Random } from "../../unit/tensor/random.ts";

const PAID = 10n ** 16n;
const ANYONE = { path: [], reserve: ZeroHash, attempt: 0 };

describe("whole disputes in company", () => {
  let f: MarketFixture;
  let of: DisputedJob;
  let lies: LyingClaim;
  let claim: Commitment;

  before(async () => {
    f = await deployMarketFixture();
  });

  beforeEach(async () => {
    await f.reset();
    of = await randomJob(f, 11, 3);
    const { program } = of.honest;
    lies = lie(of, randomLie(new Random(5), { program, shape: of.shape, traces: of.traces }, "element")!);
    claim = await commitTo(of, f.workers[0], lies.root);
  });

  const outcome = () => f.disputes.outcome(f.market, claim.key);

  /** Plays one challenger to its next proof or the end; the worker answers everything. */
  async function finish(challenger: Challenger): Promise<void> {
    for (let i = 0; i < 20; i++) {
      const { type } = await challenger.step();
      if (type === "prove" || type === "timeout") return;
      await answerAll(of, claim, lies);
    }
    throw new Error("the descent does not end");
  }

  /** A demand at a place of the outputs tree, by a path to its root. */
  async function demandAbove(place: Place, from = f.keeper, market: AddressLike = f.market): Promise<void> {
    const path: Uint8Array[] = [];
    for (let at = place; at > ROOT; at = Math.floor(at / 2)) {
      path.push(lies.hash("outputs", at % 2 === 0 ? at + 1 : at - 1));
    }
    const target = { place: placeOnChain("outputs", place), hash: lies.hash("outputs", place), path };
    const call = [
      market,
      claim.key,
      claim.facts,
      headerOf(of.honest.program),
      NO_ENTRY,
      target,
      ALONE,
      ANYONE,
    ] as const;
    await f.disputes.connect(from).demand(...call, { value: PAID });
  }

  it("a descent abandoned half way is finished by a stranger, who pays only for the rest", async () => {
    const first = new Challenger(of, claim, f.keeper);
    expect((await first.step()).type).to.equal("demand");
    await answerAll(of, claim, lies);
    expect((await first.step()).type).to.equal("demandTrace");
    const stranger = new Challenger(of, claim, f.stranger);
    expect((await stranger.next()).type).to.equal("wait");
    await answerAll(of, claim, lies);
    await finish(stranger);
    const all = [...(await readDispute(of, claim))!.demands.values()];
    expect(all.filter(({ payer }) => payer === f.keeper.address)).to.have.length(2);
    expect(stranger.steps.filter(({ what }) => what === "demand" || what === "demandTrace")).to.have.length(
      all.length - 2,
    );
    expect((await outcome()).prover).to.equal(f.stranger.address);
  });

  it("friendly demands elsewhere, open or answered, protect nothing", async () => {
    await demandAbove(ROOT);
    for (let shard = 0; shard < of.shape.shards; shard++) {
      const place = shardPlace(of.shape, shard);
      const path = [place, Math.floor(place / 2)].map((at) => lies.hash("outputs", at % 2 === 0 ? at + 1 : at - 1));
      const target = { place: placeOnChain("outputs", place), hash: lies.hash("outputs", place), path };
      const judge = f.disputes.connect(f.keeper);
      await judge.demandTrace(f.market, claim.key, claim.facts, target, ANYONE, { value: 10n * PAID });
    }
    // The one that matters is among them, and is waited for as if it were one's own.
    await answerAll(of, claim, lies);
    await finish(new Challenger(of, claim, f.stranger));
    expect((await outcome()).fallen).to.equal(1n);
  });

  it("a friend that opens the demand itself and lets it lapse ends the claim all the same", async () => {
    await demandAbove(ROOT);
    const challenger = new Challenger(of, claim, f.stranger);
    expect((await challenger.step()).type).to.equal("wait");
    await f.time.increase(f.parameters.standard.answerPeriod + 1);
    expect((await challenger.step()).type).to.equal("timeout");
    const { fallen, prover } = await outcome();
    expect([fallen, prover]).to.deep.equal([2n, f.keeper.address]);
  });

  it("answers that the worker planted in a claim of its own market take no demand away from this one", async () => {
    // The worker records the same claim under an account of its own and answers its own demands there first.
    const planted = f.keeper;
    await f.disputes.connect(planted).recordClaim(claim.key, factsHash(claim.facts));
    await demandAbove(ROOT, planted, planted);
    const onChain = placeOnChain("outputs", ROOT);
    await f.disputes.connect(planted).respond(planted, claim.key, onChain, lies.root, lies.answer("outputs", ROOT)!);

    const challenger = new Challenger(of, claim, f.stranger);
    expect(await challenger.step()).to.include({ type: "demand", tree: "outputs", place: ROOT });
    await answerAll(of, claim, lies);
    await finish(challenger);
    expect((await outcome()).prover).to.equal(f.stranger.address);
  });

  it("of two challengers that decide the same at the same time one moves, the other reverts, and the descent goes on", async () => {
    const [a, b] = [new Challenger(of, claim, f.stranger), new Challenger(of, claim, f.keeper)];
    let proofs = 0;
    for (let round = 0; round < 20 && (await outcome()).fallen === 0n; round++) {
      const move = await b.next();
      await a.step();
      if (move.type === "demand" || move.type === "demandTrace" || move.type === "prove") {
        // What b decided before a moved.
        const again = b.take(move);
        if (move.type !== "prove") {
          await expect(again).to.be.revertedWithCustomError(f.disputes, "AlreadyDemanded");
        } else {
          await expect(again).to.be.revertedWithCustomError(f.disputes, "ClaimOver");
          proofs += 1;
        }
      }
      await answerAll(of, claim, lies);
    }
    expect(proofs).to.equal(1);
    expect((await outcome()).prover).to.equal(f.stranger.address);
  });

  it("nothing settles and nobody accepts while a demand is open or a descent may go on", async () => {
    const { market, poster, disputes } = f;
    const { job, unit } = of;
    const settle = () => market.settle(job.terms, [unit]);
    const accept = () => market.connect(poster).accept(job.terms, [unit]);
    await f.time.increaseTo(claim.facts.windowEnd - 5);
    await demandAbove(ROOT);
    await f.time.increase(10);
    await expect(settle()).to.emit(market, "ItemSkipped");
    await expect(accept()).to.be.revertedWithCustomError(market, "NotAcceptable");
    await answerAll(of, claim, lies);
    await expect(settle()).to.emit(market, "ItemSkipped");
    await expect(accept()).to.be.revertedWithCustomError(market, "NotAcceptable");
    await f.time.increase(f.parameters.standard.descendPeriod + 1);
    await expect(settle()).to.emit(market, "UnitSettled");
    expect((await outcome()).closed).to.equal(true);
    // Too late for everybody: the bound is what makes a settlement final.
    expect((await new Challenger(of, claim, f.stranger).next()).type).to.equal("late");
    await disputes.returnPrepayments(market, claim.key, [
      subjectOf({ kind: "outputs", place: ROOT, hash: toHex(lies.root) }, of.shape, claim.facts.from),
    ]);
    expect(await disputes.balanceOf(f.workers[0])).to.be.greaterThan(0);
  });

  it("a proof still ends the claim after its window, as long as nobody has settled it", async () => {
    const challenger = new Challenger(of, claim, f.stranger);
    await f.time.increaseTo(claim.facts.windowEnd - 5);
    while ((await challenger.next()).type !== "prove") {
      await challenger.step();
      await answerAll(of, claim, lies);
    }
    await f.time.increase(30 * 86_400);
    expect((await challenger.step()).type).to.equal("prove");
    await expect(f.market.settle(of.job.terms, [of.unit])).to.emit(f.market, "UnitForfeited");
  });
});
