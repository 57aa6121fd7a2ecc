import { expect } from "chai";

import { chunkPlace, nodePlace } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  FROM,
  NODE,
  smallClaim,
  STANDARD,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

const GWEI = 10n ** 9n;
const ANSWER_GAS = 200_000n;

/** The least amount of 24 bits and an exponent that is at least this one: what a demand takes. */
function taken(amount: bigint): bigint {
  const exponent = BigInt(Math.max(0, amount.toString(2).length - 24));
  const unit = 1n << exponent;
  return ((amount + unit - 1n) / unit) * unit;
}

describe("DisputeManager prices", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  let schedule: bigint;
  let turn: bigint;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
    schedule = BigInt(f.profile.answerGwei) * GWEI;
    const t = await f.disputes.traceTime(STANDARD, 3);
    turn = (5n * t * BigInt(f.profile.traceWei)) / 4n;
  });
  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> => {
    const refusal = expect(sending).to.be.revertedWithCustomError(f.disputes, error);
    return args.length === 0 ? refusal : refusal.withArgs(...args);
  };
  const traced = async (of = claim): Promise<void> => {
    await f.demandTrace(of, 1);
    await f.respondTrace(of, 1);
  };
  /** What a demand took of a balance that started empty. */
  const tookOf = async (sending: Promise<unknown>): Promise<bigint> => {
    const [held, owed] = [await f.ethers.provider.getBalance(f.disputes), await f.disputes.balanceOf(f.challenger)];
    await sending;
    const [after, owing] = [await f.ethers.provider.getBalance(f.disputes), await f.disputes.balanceOf(f.challenger)];
    return after - held - (owing - owed);
  };

  it("a demand for hashes costs an answer, rounded up by what its slot can hold, and the excess is a balance", async () => {
    const price = taken(schedule);
    expect(await f.disputes.priceOf(f.market, claim.key, STANDARD)).to.equal(price);
    expect(price - schedule).to.be.lessThan(schedule >> 23n);
    await refused(f.demand(claim, "outputs", 1, { value: price - 1n }), "PrepaymentTooLow", price, price - 1n);
    expect(await tookOf(f.demand(claim, "outputs", 1, { value: price + 5n }))).to.equal(price);
    expect(await f.disputes.balanceOf(f.challenger)).to.equal(5n);
  });

  it("rises by an eighth with every open demand that is due as soon, and not with those in the queue", async () => {
    await traced();
    await f.demandTrace(claim, 0);
    await f.demand(claim, "trace", chunkPlace(claim.shape, 1, NODE.roots, 6));
    const places = [nodePlace(claim.shape, 1, NODE.roots), nodePlace(claim.shape, 1, NODE.output)];
    for (const [near, place] of places.entries()) {
      const price = taken((schedule * BigInt(8 + near)) / 8n);
      expect(await f.disputes.priceOf(f.market, claim.key, STANDARD)).to.equal(price);
      expect(await tookOf(f.demand(claim, "trace", place))).to.equal(price);
    }
    await f.respond(claim, "trace", places[0]!);
    expect(await f.disputes.priceOf(f.market, claim.key, STANDARD)).to.equal(taken((schedule * 9n) / 8n));
  });

  it("a thousand open trace demands make an honest chunk no dearer", async () => {
    await traced();
    const price = await f.disputes.priceOf(f.market, claim.key, STANDARD);
    await f.demandTrace(claim, 0);
    await f.demandTrace(claim, 2);
    expect(await f.disputes.priceOf(f.market, claim.key, STANDARD)).to.equal(price);
  });

  it("a compute demand costs an answer and five quarters of its turn", async () => {
    const price = taken(schedule + turn);
    expect(await f.disputes.priceOfTrace(STANDARD, 3)).to.equal(price);
    expect(await tookOf(f.demandTrace(claim, 1))).to.equal(price);
    await f.respondTrace(claim, 1);
    expect(await tookOf(f.demand(claim, "trace", chunkPlace(claim.shape, 1, NODE.roots, 6)))).to.equal(price);
  });

  for (const gwei of [5n, 20n, 50n]) {
    it(`output-gas: at a base fee of ${String(gwei)} gwei an answer costs twice its gas, one that waits in the queue four times`, async () => {
      const fee = gwei * GWEI;
      const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
      const near = taken(most(schedule, 2n * fee * ANSWER_GAS));
      const compute = taken(most(schedule, 4n * fee * ANSWER_GAS) + turn);
      await f.helpers.setNextBlockBaseFeePerGas(fee);
      expect(await tookOf(f.demandTrace(claim, 1))).to.equal(compute);
      await f.respondTrace(claim, 1);
      await f.helpers.setNextBlockBaseFeePerGas(fee);
      expect(await tookOf(f.demand(claim, "outputs", 1))).to.equal(near);
      // What the answer costs its sender at this fee is covered, with room.
      const answering = await (await f.respond(claim, "outputs", 1)).wait();
      expect((answering?.gasUsed ?? 0n) * fee).to.be.lessThan(near);
    });
  }

  it("output-gas: sixteen chunks of an output cost four answers, and cover what answering them costs", async () => {
    const fee = 20n * GWEI;
    await f.helpers.setNextBlockBaseFeePerGas(fee);
    const block = { shard: FROM + 1, output: 0, index: 2 };
    const price = await tookOf(f.demandOutput(claim, block));
    expect(price).to.equal(taken(4n * 2n * fee * ANSWER_GAS));
    const answering = await (await f.respondOutput(claim, block)).wait();
    expect((answering?.gasUsed ?? 0n) * fee).to.be.lessThan(price);
  });

  it("a demand after the window pays for the time that it keeps the claim from settling", async () => {
    const late = (BigInt(f.profile.descendPeriod) * BigInt(f.profile.traceWei)) / 16n;
    await f.at(claim.facts.windowEnd);
    await f.demandTrace(claim, 1);
    await f.respondTrace(claim, 1);
    const top = nodePlace(claim.shape, 1, NODE.roots);
    expect(await tookOf(f.demand(claim, "trace", top))).to.equal(taken(schedule + late));
    const chunk = chunkPlace(claim.shape, 1, NODE.roots, 6);
    expect(await tookOf(f.demand(claim, "trace", chunk))).to.equal(taken(schedule + turn + late));
  });

  describe("what was prepaid", () => {
    const returned = async (...subjects: string[]): Promise<void> => {
      await f.disputes.returnPrepayments(f.market, claim.key, subjects);
    };

    it("of a closed claim is the payee's, less a fifth of demands that held a place", async () => {
      await traced();
      const top = nodePlace(claim.shape, 1, NODE.roots);
      await f.demand(claim, "trace", top, { from: f.friend });
      await f.respond(claim, "trace", top);
      const chunk = chunkPlace(claim.shape, 1, NODE.roots, 6);
      const joined = chunkPlace(claim.shape, 1, NODE.roots, 7);
      await f.demandTrace(claim, 0);
      await f.demand(claim, "trace", chunk);
      const leader = { place: BigInt(chunk), hash: claim.hash("trace", chunk) };
      await f.demand(claim, "trace", joined, { leader });
      await f.respondTrace(claim, 0);
      for (const place of [chunk, joined]) await f.respond(claim, "trace", place);
      const subjects = [claim.traceSubject(0), claim.traceSubject(1)];
      subjects.push(...[top, chunk, joined].map((place) => claim.subject("trace", place)));
      await refused(returned(...subjects), "ClaimNotOver", f.market.address, claim.key);
      await f.time.increaseTo(claim.facts.windowEnd + 10 * f.profile.descendPeriod);
      await f.disputes.connect(f.market).closeClaim(claim.key, f.stranger);
      const [near, compute] = [taken(schedule), taken(schedule + turn)];
      await returned(...subjects, ...subjects);
      const fifth = compute / 5n;
      expect(await f.disputes.balanceOf(f.stranger)).to.equal(2n * near + 3n * (compute - fifth));
      expect(await f.disputes.balanceOf(f.worker)).to.equal(0n);
    });

    it("of a fallen claim goes back to who paid it, less a fifth of what held a place and was answered", async () => {
      await traced();
      await f.demandTrace(claim, 0, { from: f.friend });
      const { time } = await f.disputes.demandOf(f.market, claim.key, claim.traceSubject(0));
      await f.at(Number(time) + 1);
      await f.disputes.timeout(f.market, claim.key, claim.traceSubject(0));
      const [mine, friends] = [await f.disputes.balanceOf(f.challenger), await f.disputes.balanceOf(f.friend)];
      await returned(claim.traceSubject(0), claim.traceSubject(1), claim.traceSubject(2));
      // The trace of shard 1 was answered: it has used up the worker's time.
      const compute = taken(schedule + turn);
      expect((await f.disputes.balanceOf(f.challenger)) - mine).to.equal(compute - compute / 5n);
      expect((await f.disputes.balanceOf(f.friend)) - friends).to.equal(taken(schedule + turn));
      await returned(claim.traceSubject(0));
      expect((await f.disputes.balanceOf(f.friend)) - friends).to.equal(taken(schedule + turn));
    });

    it("nobody gets for the record of a shard's root, which nobody prepaid", async () => {
      await traced();
      const record = await f.disputes.subjectOf(5n, claim.traceReply(1).shardRoot);
      await f.time.increaseTo(claim.facts.windowEnd + f.profile.descendPeriod + 1);
      await f.disputes.connect(f.market).closeClaim(claim.key, f.worker);
      await expect(f.disputes.returnPrepayments(f.market, claim.key, [record])).to.not.emit(
        f.disputes,
        "PrepaymentReturned",
      );
      expect((await f.disputes.demandOf(f.market, claim.key, record)).bits & 7n).to.equal(2n);
    });

    it("is withdrawn to any address, once", async () => {
      await f.demand(claim, "outputs", 1, { value: taken(schedule) + 77n });
      await expect(f.disputes.connect(f.challenger).withdraw(f.stranger)).to.changeEtherBalances(
        f.ethers,
        [f.stranger, f.disputes],
        [77n, -77n],
      );
      await refused(f.disputes.connect(f.challenger).withdraw(f.stranger), "NothingToWithdraw", f.challenger.address);
    });
  });
});
