import { expect } from "chai";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import { NO_ENTRY, type Block } from "../../../support/claim-view.ts";
import {
  deployDisputes,
  FROM,
  LARGE_CHUNKS,
  NODE,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

describe("DisputeManager output demands", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let two: ClaimFixture;
  let claim: RecordedClaim;
  const BLOCK: Block = { shard: FROM + 1, output: 0, index: 3 };
  const LAST = Math.ceil(LARGE_CHUNKS / 16) - 1;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
    two = smallClaim({ outputs: 2, count: 2 });
  });
  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> => {
    const refusal = expect(sending).to.be.revertedWithCustomError(f.disputes, error);
    return args.length === 0 ? refusal : refusal.withArgs(...args);
  };
  const respond = (block: Block, opening: ReturnType<RecordedClaim["outputOpening"]>, of = claim, from = f.worker) =>
    f.disputes.connect(from).respondOutput(f.market, of.key, of.facts, of.header, block, opening);

  it("name a block of sixteen chunks without any hash, and are due within the answer period", async () => {
    const now = (await f.now()) + 5;
    await f.at(now);
    await expect(f.demandOutput(claim, BLOCK)).to.emit(f.disputes, "OutputDemanded");
    const subject = await f.disputes.outputSubjectOf(BLOCK);
    const demand = await f.disputes.demandOf(f.market, claim.key, subject);
    expect(demand.time).to.equal(BigInt(now + f.profile.answerPeriod));
    const { open, near, queued, holdUntil } = await f.disputes.outcome(f.market, claim.key);
    expect([open, near, queued, holdUntil]).to.deep.equal([1n, 1n, 0n, 0n]);
    await refused(f.demandOutput(claim, BLOCK, { from: f.friend }), "AlreadyDemanded", claim.claimId, subject);
  });

  it("are answered by anyone with the chunks and their path to the outputs root, the short last block too", async () => {
    for (const block of [BLOCK, { ...BLOCK, index: 0 }, { ...BLOCK, shard: FROM + 2, index: LAST }]) {
      await f.demandOutput(claim, block);
      await expect(f.respondOutput(claim, block, f.stranger)).to.emit(f.disputes, "OutputAnswered");
      await refused(f.respondOutput(claim, block), "NoOpenDemand");
    }
    const { open, near } = await f.disputes.outcome(f.market, claim.key);
    expect([open, near]).to.deep.equal([0n, 0n]);
  });

  it("of each of several outputs, and of a claim of one shard", async () => {
    const both = await f.record(two);
    for (const block of [
      { shard: FROM, output: 0, index: 0 },
      { shard: FROM + 1, output: 1, index: LAST },
    ]) {
      await f.demandOutput(both, block);
      await expect(f.respondOutput(both, block)).to.emit(f.disputes, "OutputAnswered");
    }
    const one = await f.record(smallClaim({ count: 1 }));
    const block = { shard: FROM, output: 0, index: 1 };
    await f.demandOutput(one, block);
    await expect(f.respondOutput(one, block)).to.emit(f.disputes, "OutputAnswered");
  });

  it("are refused for what the claim has not: shard, output, block", async () => {
    for (const block of [
      { ...BLOCK, shard: FROM - 1 },
      { ...BLOCK, shard: FROM + 3 },
      { ...BLOCK, output: 1 },
      { ...BLOCK, index: LAST + 1 },
      { ...BLOCK, index: 2 ** 32 - 1 },
    ]) {
      await refused(f.demandOutput(claim, block, { entry: claim.entry(NODE.output) }), "NoSuchOutput", [
        ...[block.shard, block.output, block.index],
      ]);
    }
    await refused(f.demandOutput(claim, BLOCK, { entry: claim.entry(NODE.sums) }), "BadProof");
    await refused(f.demandOutput(claim, BLOCK, { entry: NO_ENTRY }), "BadProof");
  });

  it("are open until the last second of the window", async () => {
    await f.at(claim.facts.windowEnd);
    await f.demandOutput(claim, BLOCK);
    await f.at(claim.facts.windowEnd + 1);
    await refused(f.demandOutput(claim, { ...BLOCK, index: 4 }), "TooLate", claim.facts.windowEnd);
  });

  it("take no other chunks, fewer, more, another path, nor an answer too late", async () => {
    await f.demandOutput(claim, BLOCK);
    const right = claim.outputOpening(BLOCK);
    const altered = right.chunks.map((byte, i) => (i === 77 ? byte ^ 1 : byte));
    await refused(respond(BLOCK, { ...right, chunks: altered }), "WrongAnswer");
    await refused(respond(BLOCK, { ...right, chunks: right.chunks.slice(1024) }), "NoSuchOutput");
    await refused(respond(BLOCK, { ...right, path: right.path.slice(0, -1) }), "BadProof");
    await refused(respond(BLOCK, { ...right, path: [...right.path, right.path[0]!] }), "WrongAnswer");
    await refused(respond(BLOCK, claim.outputOpening({ ...BLOCK, shard: FROM })), "WrongAnswer");
    await f.time.increase(f.profile.answerPeriod);
    await refused(respond(BLOCK, right), "TooLate");
  });

  it("that nobody answers end the claim by silence, and who asked is the finder", async () => {
    await f.demandOutput(claim, BLOCK, { from: f.friend });
    const subject = await f.disputes.outputSubjectOf(BLOCK);
    await f.time.increase(f.profile.answerPeriod + 1);
    await expect(f.disputes.connect(f.stranger).timeout(f.market, claim.key, subject))
      .to.emit(f.disputes, "TimedOut")
      .withArgs(f.market.address, claim.key, subject, f.friend.address, f.stranger.address);
    const { prover, fallen } = await f.disputes.outcome(f.market, claim.key);
    expect([prover, fallen]).to.deep.equal([f.friend.address, 2n]);
    await refused(f.disputes.timeout(f.market, claim.key, subject), "NoOpenDemand");
  });
});
