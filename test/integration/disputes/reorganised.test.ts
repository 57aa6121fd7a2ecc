import { expect } from "chai";

import type { LyingClaim } from "../../support/lying-claim.ts";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { randomLie } from "../../support/random-lies.ts";
import {
  answerAll,
  Challenger,
  commitTo,
  lie,
  randomJob,
  type Commitment,
  type DisputedJob,
} from "../../support/whole-dispute.ts";
import { Random } from "../../unit/tensor/random.ts";

const MOST_ROUNDS = 12;

describe("a reorganisation in the middle of a dispute", () => {
  let f: MarketFixture;

  before(async () => {
    f = await deployMarketFixture();
  });
  afterEach(() => f.reset());

  /** One move of the challenger and the worker's answers to it; true when the claim has fallen. */
  const round = async (
    of: DisputedJob,
    claim: Commitment,
    lies: LyingClaim,
    challenger: Challenger,
  ): Promise<boolean> => {
    const { type } = await challenger.step();
    expect(type).to.be.oneOf(["demand", "demandTrace", "prove"]);
    if (type === "prove") return true;
    await answerAll(of, claim, lies);
    return false;
  };
  const send = (method: string, params: unknown[] = []): Promise<unknown> => f.ethers.provider.send(method, params);

  it("takes moves back, at any point, and the challenger goes on from what the chain shows and still wins", async () => {
    const of = await randomJob(f, 7, 2);
    const program = { program: of.honest.program, shape: of.shape, traces: of.traces };
    const lies = lie(of, randomLie(new Random(11), program, "element")!);
    const claim = await commitTo(of, f.workers[0], lies.root);
    // The same signer goes on with the very same memory: what it learned stays true, whatever the chain forgets.
    const challenger = new Challenger(of, claim, f.stranger);
    let taken = 0;
    for (let rounds = 0; ; rounds++) {
      expect(rounds).to.be.lessThan(MOST_ROUNDS);
      const fork = await send("evm_snapshot");
      await round(of, claim, lies, challenger);
      await send("evm_revert", [fork]);
      taken++;
      expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(0n);
      // After the fork it starts from nothing, as a process that was killed does.
      const again = new Challenger(of, claim, f.stranger);
      if (await round(of, claim, lies, again)) break;
    }
    expect(taken).to.be.greaterThan(2);
    expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(1n);
    const supply = await f.orion.totalSupply();
    await f.market.settle(of.job.terms, [of.unit]);
    expect((await f.orion.totalSupply()) < supply).to.equal(true);
  });

  it("takes the fall itself back, and the claim falls again", async () => {
    const of = await randomJob(f, 7, 1);
    const program = { program: of.honest.program, shape: of.shape, traces: of.traces };
    const lies = lie(of, randomLie(new Random(11), program, "element")!);
    const claim = await commitTo(of, f.workers[0], lies.root);
    const fork = await send("evm_snapshot");
    const first = new Challenger(of, claim, f.stranger);
    while (!(await round(of, claim, lies, first)));
    await send("evm_revert", [fork]);
    expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(0n);
    const second = new Challenger(of, claim, f.workers[2]);
    while (!(await round(of, claim, lies, second)));
    expect((await f.disputes.outcome(f.market, claim.key)).prover).to.equal(f.workers[2].address);
  });
});
