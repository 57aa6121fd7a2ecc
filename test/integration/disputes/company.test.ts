import { expect } from "chai";

import { ROOT, spanOf, subjectOf, type Place } from "@orion/protocol/disputes";
import { toHex } from "@orion/protocol/common";
import { proofHeader } from "@orion/protocol/tensor";

import { factsHash, NO_ENTRY } from "../../support/disputed-claim.ts";
import type { LyingClaim } from "../../support/lying-claim.ts";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { randomLie } from "../../support/random-lies.ts";
import {
  answerAll,
  Challenger,
  commitTo,
  lie,
  randomJob,
  readDispute,
  type Commitment,
  type DisputedJob,
} from "../../support/whole-dispute.ts";
import { Random } from "../../unit/tensor/random.ts";

const PAID = 10n ** 16n;

describe("whole disputes in company", () => {
  let f: MarketFixture;
  let of: DisputedJob;
  let lies: LyingClaim;
  let claim: Commitment;

  before(async () => {
    f = await deployMarketFixture("DisputeManager");
  });

  beforeEach(async () => {
    await f.reset();
    of = await randomJob(f, 11, 3);
    const { program, source } = of.honest;
    lies = lie(of, randomLie(new Random(5), { program, shape: of.shape, tensors: source.claimed }, "element")!);
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

  /** A demand from the claim root at a place of the trees over shards or nodes. */
  async function demandAbove(place: Place, from = f.keeper): Promise<void> {
    const path: Uint8Array[] = [];
    for (let at = place; at > ROOT; at = Math.floor(at / 2)) path.push(lies.hash(at % 2 === 0 ? at + 1 : at - 1));
    const header = proofHeader(of.honest.program, nodeSha256);
    const target = { place, hash: lies.hash(place), path };
    await f.disputes.connect(from).demand(f.market, claim.key, claim.facts, header, NO_ENTRY, target, { value: PAID });
  }

  it("a descent abandoned half way is finished by a stranger, who pays only for the rest", async () => {
    const first = new Challenger(of, claim, f.keeper);
    expect((await first.step()).type).to.equal("demand");
    await answerAll(of, claim, lies);
    expect((await first.step()).type).to.equal("demand");
    const stranger = new Challenger(of, claim, f.stranger);
    expect((await stranger.next()).type).to.equal("wait");
    await answerAll(of, claim, lies);
    await finish(stranger);
    const all = [...(await readDispute(of, claim))!.demands.values()];
    expect(all.filter(({ payer }) => payer === f.keeper.address)).to.have.length(2);
    expect(stranger.steps.filter(({ what }) => what === "demand")).to.have.length(all.length - 2);
    expect((await outcome()).prover).to.equal(f.stranger.address);
  });

  it("friendly demands elsewhere, open or answered, protect nothing", async () => {
    for (const place of [4, 5, 6].slice(0, of.shape.shards)) await demandAbove(place);
    await finish(new Challenger(of, claim, f.stranger));
    expect((await outcome()).fallen).to.equal(true);
  });

  it("a friend that opens the demand itself and lets it lapse ends the claim all the same", async () => {
    await demandAbove(ROOT);
    const challenger = new Challenger(of, claim, f.stranger);
    expect((await challenger.step()).type).to.equal("wait");
    await f.time.increase(f.parameters.standard.answerPeriod + 1);
    expect((await challenger.step()).type).to.equal("timeout");
    const { fallen, prover } = await outcome();
    expect([fallen, prover]).to.deep.equal([true, f.keeper.address]);
  });

  it("answers that the worker planted in a claim of its own market make the descent shorter, not longer", async () => {
    // The worker records the same claim under an account of its own and answers its own demands there first.
    const planted = f.keeper;
    await f.disputes.connect(planted).recordClaim(claim.key, factsHash(claim.facts));
    const header = proofHeader(of.honest.program, nodeSha256);
    const target = { place: ROOT, hash: lies.root, path: [] };
    const value = { value: PAID };
    await f.disputes.connect(planted).demand(planted, claim.key, claim.facts, header, NO_ENTRY, target, value);
    await f.disputes.connect(planted).respond(planted, claim.key, ROOT, lies.root, lies.answer(ROOT)!);
    await expect(demandAbove(ROOT)).to.be.revertedWithCustomError(f.disputes, "AlreadyAnswered");

    const challenger = new Challenger(of, claim, f.stranger);
    const { disputes } = f;
    const topic = disputes.interface.getEvent("Answered").topicHash;
    const address = await disputes.getAddress();
    const [log] = await f.ethers.provider.getLogs({
      address,
      topics: [topic, null, null, toHex(lies.root)],
      fromBlock: 0,
    });
    const data = disputes.interface.parseLog(log!)!.args.data as string;
    const hashes = Array.from({ length: 2 ** spanOf(of.shape, ROOT) }, (_, i) =>
      Uint8Array.from(Buffer.from(data.slice(2 + 64 * i, 66 + 64 * i), "hex")),
    );
    expect(challenger.known.learnChildren(ROOT, hashes)).to.equal(true);
    await finish(challenger);
    expect((await outcome()).prover).to.equal(f.stranger.address);
    expect([...(await readDispute(of, claim))!.demands.values()].some(({ at }) => at?.place === ROOT)).to.equal(false);
  });

  it("of two challengers that decide the same at the same time one moves, the other reverts, and the descent goes on", async () => {
    const [a, b] = [new Challenger(of, claim, f.stranger), new Challenger(of, claim, f.keeper)];
    let proofs = 0;
    for (let round = 0; round < 20 && !(await outcome()).fallen; round++) {
      const move = await b.next();
      await a.step();
      if (move.type === "demand" || move.type === "prove") {
        // What b decided before a moved.
        const again = b.take(move);
        if (move.type === "demand") {
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
    await disputes.returnPrepayments(market, claim.key, [subjectOf(ROOT, toHex(lies.root))]);
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
