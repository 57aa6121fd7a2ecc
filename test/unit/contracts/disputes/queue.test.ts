import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { nodePlace } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  NODE,
  smallClaim,
  STANDARD,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

const DAY = 86_400;

describe("DisputeManager queue of compute demands", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  let t: number;
  let answerPeriod: number;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
    t = Number(await f.disputes.traceTime(STANDARD, 3));
    ({ answerPeriod } = f.profile);
  });
  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture, { windowEnd: (await f.now()) + 100 * DAY });
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> => {
    const refusal = expect(sending).to.be.revertedWithCustomError(f.disputes, error);
    return args.length === 0 ? refusal : refusal.withArgs(...args);
  };
  const deadlineOf = async (subject: string, of = claim): Promise<number> =>
    Number((await f.disputes.demandOf(f.market, of.key, subject)).time);
  const queue = async (worker: HardhatEthersSigner = f.worker): Promise<[number, number]> => {
    const [end, open] = await f.disputes.queueOf(f.market, worker);
    return [Number(end), Number(open)];
  };
  const traced = async (shard: number, of = claim): Promise<void> => {
    await f.demandTrace(of, shard);
    await f.respondTrace(of, shard);
  };

  it("a turn is kappa claim periods for what a claim holds, or the floor", async () => {
    const { kappa, claimPeriod, traceFloor } = f.profile;
    for (const shards of [1, 3, 7, 64, 1_024]) {
      const time = Math.max(traceFloor, Math.ceil((kappa * claimPeriod) / shards));
      expect(await f.disputes.traceTime(STANDARD, shards)).to.equal(BigInt(time));
    }
    expect(await f.disputes.traceTime(STANDARD, 2 ** 32 - 1)).to.equal(BigInt(traceFloor));
  });

  it("demands are due one after the other, over all claims of a worker, and those of another do not wait for them", async () => {
    const other = await f.record(fixture, { windowEnd: claim.facts.windowEnd });
    const foreign = await f.record(fixture, { windowEnd: claim.facts.windowEnd, worker: f.friend.address });
    await f.demandTrace(claim, 0);
    const start = await f.now();
    await f.demandTrace(other, 1, { from: f.friend });
    await f.demandTrace(claim, 2, { from: f.stranger });
    await f.demandTrace(foreign, 0);
    const alone = await f.now();
    expect([
      await deadlineOf(claim.traceSubject(0)),
      await deadlineOf(other.traceSubject(1), other),
      await deadlineOf(claim.traceSubject(2)),
      await deadlineOf(foreign.traceSubject(0), foreign),
    ]).to.deep.equal([
      start + t + answerPeriod,
      start + 2 * t + answerPeriod,
      start + 3 * t + answerPeriod,
      alone + t + answerPeriod,
    ]);
    expect(await queue()).to.deep.equal([start + 3 * t, 3]);
    expect(await queue(f.friend)).to.deep.equal([alone + t, 1]);
  });

  it("another market's demands are another queue", async () => {
    await f.demandTrace(claim, 0);
    expect(await f.disputes.queueOf(f.friend, f.worker)).to.deep.equal([0n, 0n]);
  });

  it("an answer keeps the places behind it, and the last one lets the queue begin now", async () => {
    await f.demandTrace(claim, 0);
    const start = await f.now();
    await f.demandTrace(claim, 1);
    await f.respondTrace(claim, 0);
    expect(await queue()).to.deep.equal([start + 2 * t, 1]);
    await f.respondTrace(claim, 1);
    expect(await queue()).to.deep.equal([await f.now(), 0]);
    await f.demandTrace(claim, 2);
    expect(await deadlineOf(claim.traceSubject(2))).to.equal((await f.now()) + t + answerPeriod);
  });

  it("a queue that ran out begins now, not in the past", async () => {
    await f.demandTrace(claim, 0);
    await f.demandTrace(claim, 1);
    await f.respondTrace(claim, 0);
    await f.time.increase(2 * t + 10);
    await f.demandTrace(claim, 2);
    expect(await queue()).to.deep.equal([(await f.now()) + t, 2]);
  });

  it("thousands of demands in the last second, by many accounts and over all claims, are due one after the other: a worker that traces in a quarter of its turns loses nothing", async () => {
    const claims = [claim, await f.record(fixture), await f.record(fixture), await f.record(fixture)];
    const last = Math.min(...claims.map(({ facts }) => facts.windowEnd));
    const payers = [f.challenger, f.friend, f.stranger];
    await f.ethers.provider.send("evm_setAutomine", [false]);
    const nonces = new Map<string, number>();
    for (const [i, of] of claims.entries()) {
      for (const shard of [0, 1, 2]) {
        const from = payers[(i + shard) % 3]!;
        nonces.set(from.address, (nonces.get(from.address) ?? 0) + 1);
        await f.demandTrace(of, shard, { from });
      }
    }
    await f.at(last);
    await f.helpers.mine();
    await f.ethers.provider.send("evm_setAutomine", [true]);
    const start = await f.now();
    expect(start).to.equal(last);
    const pending = await Promise.all(
      claims.flatMap((of) =>
        [0, 1, 2].map(async (shard) => ({ of, shard, deadline: await deadlineOf(of.traceSubject(shard), of) })),
      ),
    );
    pending.sort((a, b) => a.deadline - b.deadline);
    expect(pending.map(({ deadline }) => deadline)).to.deep.equal(
      pending.map((_, i) => start + (i + 1) * t + answerPeriod),
    );
    for (const [i, { of, shard }] of pending.entries()) {
      await f.at(start + Math.ceil(((i + 1) * t) / 4));
      await f.respondTrace(of, shard);
    }
    const done = await f.now();
    expect(await queue()).to.deep.equal([done, 0]);
    // Answered promptly, every claim settles a descent's time later, whatever its deadlines were.
    await f.time.increaseTo(done + f.profile.descendPeriod + 1);
    for (const { key } of claims) {
      const closed = await f.disputes.connect(f.market).closeClaim.staticCall(key, f.worker);
      expect(closed).to.not.equal(`0x${"00".repeat(32)}`);
    }
  });

  it("reaches no further than twice the unsettled claims that a worker may have, plus one turn", async () => {
    const longest = Number(await f.disputes.LONGEST_QUEUE());
    const { fast, standard, long, rollup } = (await profiles()) as Record<
      string,
      { kappa: bigint; claimPeriod: bigint }
    >;
    const most = [fast, standard, long, rollup].map((p) => Number(p!.kappa * p!.claimPeriod));
    expect(longest).to.equal(2 * 1_024 * Math.max(...most));
    await f.demandTrace(claim, 0);
    // As if so many demands had been made: the slot of the queue, the first of the judge.
    const { keccak256, AbiCoder, toBeHex } = await import("ethers");
    const coder = AbiCoder.defaultAbiCoder();
    const inner = keccak256(coder.encode(["address", "uint256"], [f.market.address, 0]));
    const slot = keccak256(coder.encode(["address", "bytes32"], [f.worker.address, inner]));
    const far = (await f.now()) + 10 * longest;
    await f.helpers.setStorageAt(await f.disputes.getAddress(), slot, toBeHex((9n << 40n) | BigInt(far), 32));
    expect(await queue()).to.deep.equal([far, 9]);
    await f.demandTrace(claim, 1);
    expect(await queue()).to.deep.equal([(await f.now()) + longest + t, 10]);
  });

  const profiles = async (): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(
        ["fast", "standard", "long", "rollup"].map(async (name, i) => [name, await f.disputes.profile(i)] as const),
      ),
    );

  it("a liar fills his own queue: it costs him the price of every place, a fifth of which burns, and it is bounded", async () => {
    for (const shard of [0, 1, 2]) await f.demandTrace(claim, shard, { from: f.friend });
    const subjects = [0, 1, 2].map((shard) => claim.traceSubject(shard));
    for (const shard of [0, 1, 2]) await f.respondTrace(claim, shard);
    await f.time.increaseTo(claim.facts.windowEnd + f.profile.descendPeriod + 1);
    await f.disputes.connect(f.market).closeClaim(claim.key, f.worker);
    const price = await f.disputes.priceOfTrace(STANDARD, 3);
    await f.disputes.returnPrepayments(f.market, claim.key, subjects);
    const burned = price / 5n;
    expect(await f.disputes.balanceOf(f.worker)).to.equal(3n * (price - burned));
    const held = await f.ethers.provider.getBalance(f.disputes);
    const owed = (await f.disputes.balanceOf(f.worker)) + (await f.disputes.balanceOf(f.friend));
    expect(held - owed).to.equal(3n * burned);
  });

  it("a liar whose friend demands of the lying claim itself pays as much: the fifth burns although the claim falls", async () => {
    for (const shard of [0, 1, 2]) await f.demandTrace(claim, shard, { from: f.friend });
    for (const shard of [0, 1]) await f.respondTrace(claim, shard);
    await f.time.increaseTo((await deadlineOf(claim.traceSubject(2))) + 1);
    await f.disputes.timeout(f.market, claim.key, claim.traceSubject(2));
    const price = await f.disputes.priceOfTrace(STANDARD, 3);
    const before = await f.disputes.balanceOf(f.friend);
    await f.disputes.returnPrepayments(
      f.market,
      claim.key,
      [0, 1, 2].map((shard) => claim.traceSubject(shard)),
    );
    expect((await f.disputes.balanceOf(f.friend)) - before).to.equal(3n * price - 2n * (price / 5n));
  });

  it("a claim that falls frees its places at once, whoever ends it, and what was prepaid for them and not answered goes back whole", async () => {
    const other = await f.record(fixture, { windowEnd: claim.facts.windowEnd });
    await f.demandTrace(claim, 0);
    await f.demandTrace(claim, 1, { from: f.friend });
    await f.demandTrace(other, 0);
    const [end] = await queue();
    await f.time.increaseTo((await deadlineOf(claim.traceSubject(0))) + 1);
    await f.disputes.timeout(f.market, claim.key, claim.traceSubject(0));
    expect(await queue()).to.deep.equal([end, 1]);
    expect((await f.disputes.outcome(f.market, claim.key)).prover).to.equal(f.challenger.address);
    const price = await f.disputes.priceOfTrace(STANDARD, 3);
    const before = await f.disputes.balanceOf(f.friend);
    await f.disputes.returnPrepayments(f.market, claim.key, [claim.traceSubject(0), claim.traceSubject(1)]);
    expect((await f.disputes.balanceOf(f.friend)) - before).to.equal(price);
    await f.respondTrace(other, 0);
    expect(await queue()).to.deep.equal([await f.now(), 0]);
  });

  it("a departed worker: the first demand that is due ends its claim, the others wait their turn", async () => {
    const other = await f.record(fixture, { windowEnd: claim.facts.windowEnd });
    await f.demandTrace(claim, 0);
    await f.demandTrace(other, 0);
    const first = await deadlineOf(claim.traceSubject(0));
    await f.at(first);
    await refused(f.disputes.timeout(f.market, claim.key, claim.traceSubject(0)), "NotYet", first);
    await f.at(first + 1);
    await f.disputes.timeout(f.market, claim.key, claim.traceSubject(0));
    await refused(f.disputes.timeout(f.market, other.key, other.traceSubject(0)), "NotYet");
  });

  it("hashes of a trace and of the outputs hold no place, and are due within the answer period", async () => {
    await traced(1);
    const top = nodePlace(claim.shape, 1, NODE.roots);
    await f.demand(claim, "trace", top);
    await f.demand(claim, "outputs", 1);
    expect((await queue())[1]).to.equal(0);
    expect(await deadlineOf(claim.subject("outputs", 1))).to.equal((await f.now()) + answerPeriod);
    const { open, near, queued } = await f.disputes.outcome(f.market, claim.key);
    expect([open, near, queued]).to.deep.equal([2n, 2n, 0n]);
  });
});
