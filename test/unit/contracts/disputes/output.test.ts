import { expect } from "chai";

import { outputSubjectOf, type OutputRange } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  LARGE_CHUNKS,
  NODE,
  smallClaim,
  STANDARD,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";
import { NO_ENTRY } from "../../../support/disputed-claim.ts";
import { ProofFault } from "../../../support/proof-fault.ts";

type Opening = ReturnType<RecordedClaim["opening"]>;

describe("DisputeManager output demands", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  const RANGE = { shard: 5, first: 30, count: 7 } as const;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
  });

  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sending)
      .to.be.revertedWithCustomError(f.disputes, error)
      .withArgs(...args);
  const respond = (range: OutputRange, opening: Opening, from = f.worker, of = claim) =>
    f.disputes.connect(from).respondOutput(f.market, of.key, of.facts, of.header, range, opening);

  describe("demandOutput", () => {
    it("announces the range and holds settlement", async () => {
      const at = (await f.now()) + 5;
      await f.time.setNextBlockTimestamp(at);
      const deadline = at + f.profile.answerPeriod;
      await expect(f.demandOutput(claim, RANGE))
        .to.emit(f.disputes, "OutputDemanded")
        .withArgs(f.market.address, claim.key, f.challenger.address, Object.values(RANGE), deadline);
      const outcome = await f.disputes.outcome(f.market, claim.key);
      expect([outcome.open, outcome.holdUntil]).to.deep.equal([1n, BigInt(deadline)]);
    });

    it("costs one answer for every four chunks, rounded up, and rises with the open ones", async () => {
      const prices = { 1: 1n, 4: 1n, 5: 2n, 8: 2n, 9: 3n, 16: 4n };
      let open = 0n;
      for (const [count, answers] of Object.entries(prices)) {
        const range = { shard: 4, first: 0, count: Number(count) };
        const price = (f.price * (8n + open) * answers) / 8n;
        expect(await f.disputes.priceOfOutput(f.market, claim.key, STANDARD, count)).to.equal(price);
        await refused(f.demandOutput(claim, range, { value: price - 1n }), "PrepaymentTooLow", price, price - 1n);
        await f.demandOutput(claim, range, { value: price });
        open += 1n;
      }
    });

    it("reaches the last chunk and no further, one to sixteen at a time, in the claim's shards", async () => {
      const last = LARGE_CHUNKS - 1;
      await f.demandOutput(claim, { shard: 6, first: last, count: 1 });
      await f.demandOutput(claim, { shard: 4, first: LARGE_CHUNKS - 16, count: 16 }, { value: 8n * f.price });
      const wrong: OutputRange[] = [
        { shard: 5, first: last, count: 2 },
        { shard: 5, first: LARGE_CHUNKS, count: 1 },
        { shard: 5, first: 2 ** 32 - 1, count: 16 },
        { shard: 5, first: 0, count: 0 },
        { shard: 5, first: 0, count: 17 },
        { shard: 3, first: 0, count: 1 },
        { shard: 7, first: 0, count: 1 },
      ];
      for (const range of wrong) {
        await refused(f.demandOutput(claim, range, { value: 30n * f.price }), "NoSuchOutput", Object.values(range));
      }
    });

    it("is open until the last second of the window", async () => {
      await f.time.setNextBlockTimestamp(claim.facts.windowEnd);
      await f.demandOutput(claim, RANGE);
      await refused(f.demandOutput(claim, { ...RANGE, count: 1 }), "TooLate", claim.facts.windowEnd);
    });

    it("needs the output node's descriptor", async () => {
      for (const entry of [NO_ENTRY, claim.entry(NODE.roots)]) {
        await refused(f.demandOutput(claim, RANGE, { entry }), "BadProof", ProofFault.Descriptor);
      }
    });

    it("is refused twice", async () => {
      await f.demandOutput(claim, RANGE);
      const again = f.demandOutput(claim, RANGE, { value: 9n * f.price });
      await refused(again, "AlreadyDemanded", claim.claimId, outputSubjectOf(RANGE));
      await respond(RANGE, claim.opening(RANGE));
      await refused(f.demandOutput(claim, RANGE), "AlreadyDemanded", claim.claimId, outputSubjectOf(RANGE));
    });

    it("is refused for unknown or fallen claims and wrong facts", async () => {
      const wrong = { ...claim, facts: { ...claim.facts, windowEnd: 2 ** 39 } };
      await refused(f.demandOutput(wrong, RANGE), "WrongFacts", f.market.address, claim.key);
      await f.demandOutput(claim, RANGE);
      await f.time.increase(f.profile.answerPeriod + 1);
      await f.disputes.timeout(f.market, claim.key, outputSubjectOf(RANGE));
      await refused(f.demandOutput(claim, { ...RANGE, count: 1 }), "ClaimOver", f.market.address, claim.key);
    });
  });

  describe("respondOutput", () => {
    it("takes exactly the chunks, from anybody, and publishes them", async () => {
      const ranges = [RANGE, { shard: 6, first: LARGE_CHUNKS - 1, count: 1 }, { shard: 4, first: 0, count: 16 }];
      for (const [i, range] of ranges.entries()) {
        await f.demandOutput(claim, range);
        const opening = claim.opening(range);
        const from = i === 0 ? f.worker : f.stranger;
        await expect(respond(range, opening, from))
          .to.emit(f.disputes, "OutputAnswered")
          .withArgs(f.market.address, claim.key, from.address, Object.values(range), opening.chunks);
      }
      expect((await f.disputes.outcome(f.market, claim.key)).open).to.equal(0);
    });

    it("refuses other chunks, other shards, other nodes and altered bytes", async () => {
      await f.demandOutput(claim, RANGE);
      const right = claim.opening(RANGE);
      const wrong: Opening[] = [
        claim.opening({ ...RANGE, first: 31 }),
        claim.opening({ ...RANGE, shard: 4 }),
        { ...right, chunks: right.chunks.with(99, right.chunks[99]! ^ 1) },
        { ...right, path: right.path.with(0, new Uint8Array(32)) },
      ];
      for (const opening of wrong) {
        await expect(respond(RANGE, opening)).to.be.revertedWithCustomError(f.disputes, "WrongAnswer");
      }
    });

    it("refuses fewer or more chunks and hashes than the range has", async () => {
      await f.demandOutput(claim, RANGE);
      const { chunks, path } = claim.opening(RANGE);
      const range = Object.values(RANGE);
      await refused(respond(RANGE, { chunks: chunks.slice(1024), path }), "NoSuchOutput", range);
      await refused(respond(RANGE, { chunks: new Uint8Array([...chunks, 0]), path }), "NoSuchOutput", range);
      await refused(respond(RANGE, { chunks, path: path.slice(0, -1) }), "BadProof", ProofFault.Path);
      const longer = respond(RANGE, { chunks, path: [...path, new Uint8Array(32)] });
      await refused(longer, "WrongAnswer", claim.facts.claimRoot, claim.facts.claimRoot);
    });

    it("is in time at the deadline, too late a second after, and then the claim can be timed out", async () => {
      await f.demandOutput(claim, RANGE);
      const first = (await f.now()) + f.profile.answerPeriod;
      await f.time.setNextBlockTimestamp(first);
      await respond(RANGE, claim.opening(RANGE));
      const other = { ...RANGE, count: 2 };
      await f.demandOutput(claim, other);
      const second = (await f.now()) + f.profile.answerPeriod;
      await f.time.setNextBlockTimestamp(second + 1);
      await refused(respond(other, claim.opening(other)), "TooLate", second);
      await f.disputes.timeout(f.market, claim.key, outputSubjectOf(other));
      const outcome = await f.disputes.outcome(f.market, claim.key);
      expect([outcome.fallen, outcome.prover]).to.deep.equal([true, f.challenger.address]);
    });

    it("refuses what is not open", async () => {
      const subject = outputSubjectOf(RANGE);
      await refused(respond(RANGE, claim.opening(RANGE)), "NoOpenDemand", claim.claimId, subject);
      await f.demandOutput(claim, RANGE);
      await respond(RANGE, claim.opening(RANGE));
      await refused(respond(RANGE, claim.opening(RANGE)), "NoOpenDemand", claim.claimId, subject);
    });

    it("refuses another header than the program's", async () => {
      await f.demandOutput(claim, RANGE);
      const wrong = { ...claim, header: { ...claim.header, outputNode: NODE.roots } };
      await refused(respond(RANGE, claim.opening(RANGE), f.worker, wrong), "BadProof", ProofFault.Header);
    });
  });
});
