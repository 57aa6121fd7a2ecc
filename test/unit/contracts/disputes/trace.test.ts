import { expect } from "chai";
import { ZeroAddress, concat, hexlify, id } from "ethers";

import { placeOnChain, shardPlace, traceDemandOnChain } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  FROM,
  STANDARD,
  alterByte,
  deployDisputes,
  NODE,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

const ANSWERED = 2n;

describe("DisputeManager traces", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let twoOutputs: ClaimFixture;
  let claim: RecordedClaim;
  let t: number;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
    twoOutputs = smallClaim({ outputs: 2, count: 2 });
    t = Number(await f.disputes.traceTime(STANDARD, 3));
  });
  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> => {
    const refusal = expect(sending).to.be.revertedWithCustomError(f.disputes, error);
    return args.length === 0 ? refusal : refusal.withArgs(...args);
  };
  const outcome = async (of = claim) => {
    const { prover, open, near, queued, fallen, closed, holdUntil } = await f.disputes.outcome(f.market, of.key);
    return { prover, open, near, queued, fallen, closed, holdUntil };
  };

  describe("demandTrace", () => {
    it("is due after the shard's turn and the time of an answer, and holds a place in the worker's queue", async () => {
      const now = (await f.now()) + 5;
      await f.at(now);
      const price = await f.disputes.priceOfTrace(STANDARD, 3);
      const deadline = now + t + f.profile.answerPeriod;
      const leaf = claim.hash("outputs", shardPlace(claim.shape, 1));
      const demanding = f.demandTrace(claim, 1, { value: price });
      await expect(demanding)
        .to.emit(f.disputes, "TraceDemanded")
        .withArgs(f.market.address, claim.key, f.challenger.address, FROM + 1, leaf, deadline, price);
      const demand = await f.disputes.demandOf(f.market, claim.key, claim.traceSubject(1));
      expect([demand.payer, demand.time]).to.deep.equal([f.challenger.address, BigInt(deadline)]);
      expect(await f.disputes.queueOf(f.market, f.worker)).to.deep.equal([BigInt(now + t), 1n]);
      expect(await outcome()).to.include({ open: 1n, near: 0n, queued: 1n, holdUntil: 0n });
    });

    it("is made once for each shard", async () => {
      await f.demandTrace(claim, 1);
      await refused(
        f.demandTrace(claim, 1, { from: f.friend }),
        "AlreadyDemanded",
        claim.claimId,
        claim.traceSubject(1),
      );
      await f.respondTrace(claim, 1);
      await refused(f.demandTrace(claim, 1), "AlreadyDemanded");
      await f.demandTrace(claim, 2);
    });

    it("is open until the last second of the window, and not after it", async () => {
      await f.at(claim.facts.windowEnd);
      await f.demandTrace(claim, 0);
      await f.at(claim.facts.windowEnd + 1);
      await refused(f.demandTrace(claim, 1), "NotInClaim");
    });

    it("is open after the window for the time of a descent where an answer has shown the shard's leaf", async () => {
      await f.at(claim.facts.windowEnd);
      await f.demand(claim, "outputs", 1);
      await f.respond(claim, "outputs", 1);
      const until = (await f.now()) + f.profile.descendPeriod;
      await f.at(until);
      await f.demandTrace(claim, 1);
      await f.at(until + 1);
      await refused(f.demandTrace(claim, 2), "TooLate", until);
    });

    it("refuses a leaf that the claim has not, and one at another place", async () => {
      const { place } = claim.placed("outputs", shardPlace(claim.shape, 1), 2);
      await refused(f.demandTrace(claim, 1, { target: { hash: id("another leaf") } }), "NotInClaim");
      await refused(f.demandTrace(claim, 1, { target: { place: place + 1n } }), "NotInClaim");
    });

    it("refuses places that are no shard's leaf: above, below, beyond the claim, without the mark of the outputs tree", async () => {
      const at = (place: bigint) => f.demandTrace(claim, 1, { target: { place } });
      const marked = (place: number) => placeOnChain("outputs", place);
      await refused(at(marked(2)), "NoSuchPlace", marked(2));
      await refused(at(marked(8)), "NoSuchPlace", marked(8));
      await refused(at(marked(7)), "BeyondCount", marked(7));
      await refused(at(5n), "NoSuchPlace", 5n);
      await refused(at(marked(0)), "NoSuchPlace", marked(0));
      const both = marked(5) | (1n << 62n);
      await refused(at(both), "NoSuchPlace", both);
      const beyond = marked(5) | (1n << 52n);
      await refused(at(beyond), "NoSuchPlace", beyond);
    });

    it("of a claim of one shard names the outputs root itself", async () => {
      const one = await f.record(smallClaim({ count: 1 }));
      await expect(f.demandTrace(one, 0)).to.emit(f.disputes, "TraceDemanded");
      await expect(f.respondTrace(one, 0)).to.emit(f.disputes, "TraceAnswered");
      const shardRoot = hexlify(one.traceReply(0).shardRoot);
      const record = await f.disputes.demandOf(f.market, one.key, await f.disputes.subjectOf(1n, shardRoot));
      expect([record.payer, record.bits & 7n]).to.deep.equal([ZeroAddress, ANSWERED]);
    });
  });

  describe("respondTrace", () => {
    it("leaves the record of the shard's root, which nobody prepaid, and frees the place in the queue", async () => {
      await f.demandTrace(claim, 1);
      const reply = claim.traceReply(1);
      const answering = f.respondTrace(claim, 1);
      await expect(answering)
        .to.emit(f.disputes, "TraceAnswered")
        .withArgs(f.market.address, claim.key, f.worker.address, FROM + 1, hexlify(reply.shardRoot), reply.data);
      const now = BigInt(await f.now());
      const place = BigInt(shardPlace(claim.shape, 1));
      const record = await f.disputes.demandOf(f.market, claim.key, await f.disputes.subjectOf(place, reply.shardRoot));
      expect([record.payer, record.priced, record.time]).to.deep.equal([ZeroAddress, 0n, now]);
      expect(await f.disputes.queueOf(f.market, f.worker)).to.deep.equal([now, 0n]);
      expect(await outcome()).to.include({ open: 0n, queued: 0n, holdUntil: now + BigInt(f.profile.descendPeriod) });
    });

    it("a stranger answers a trace demand: refused, whatever it says and however it says it", async () => {
      await f.demandTrace(claim, 1);
      await refused(
        f.respondTrace(claim, 1, { from: f.stranger }),
        "NotTheWorker",
        f.worker.address,
        f.stranger.address,
      );
      const reply = claim.traceReply(1);
      const signature = await f.signTrace(claim, reply, f.stranger);
      await refused(
        f.respondTrace(claim, 1, { from: f.stranger, signature }),
        "NotTheWorker",
        f.worker.address,
        f.stranger.address,
      );
      const place = traceDemandOnChain(shardPlace(claim.shape, 1));
      const leaf = claim.hash("outputs", shardPlace(claim.shape, 1));
      await refused(
        f.disputes.connect(f.stranger).respond(f.market, claim.key, place, leaf, reply.data),
        "NoSuchPlace",
        place,
      );
    });

    it("a stranger cannot answer it by the chunk of an output of one chunk, whose leaf is the shard's leaf", async () => {
      const { program, tensors } = smallClaim({ outputs: 2, count: 1 });
      expect(tensors[0]).to.have.length(program.nodes.length);
      const one = await f.record(smallClaim({ count: 1 }));
      await f.demandTrace(one, 0);
      const place = traceDemandOnChain(1);
      const chunk = `0x${"00".repeat(1024)}`;
      await refused(f.disputes.respond(f.market, one.key, place, one.hash("outputs", 1), chunk), "NoSuchPlace");
    });

    it("is carried in by anybody with the worker's signature, which names market, claim, shard and root", async () => {
      await f.demandTrace(claim, 1);
      const signature = await f.signTrace(claim, claim.traceReply(1));
      await expect(f.respondTrace(claim, 1, { from: f.stranger, signature })).to.emit(f.disputes, "TraceAnswered");
      await f.demandTrace(claim, 2);
      await refused(f.respondTrace(claim, 2, { from: f.stranger, signature }), "NotTheWorker");
      const other = await f.record(fixture);
      await f.demandTrace(other, 1);
      await refused(f.respondTrace(other, 1, { from: f.stranger, signature }), "NotTheWorker");
    });

    it("takes no signature of another form: not a high s, not another version's, not half of one", async () => {
      await f.demandTrace(claim, 1);
      const signature = await f.signTrace(claim, claim.traceReply(1));
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const s = BigInt(`0x${signature.slice(66, 130)}`);
      const high = (order - s).toString(16).padStart(64, "0");
      const v = signature.endsWith("1b") ? "1c" : "1b";
      const malleable = `0x${signature.slice(2, 66)}${high}${v}`;
      for (const bad of [malleable, signature.slice(0, 130)]) {
        await expect(f.respondTrace(claim, 1, { from: f.stranger, signature: bad })).to.revert(f.ethers);
      }
      await f.respondTrace(claim, 1, { from: f.stranger, signature });
    });

    it("a second answer is refused, also another one", async () => {
      await f.demandTrace(claim, 1);
      await f.respondTrace(claim, 1);
      await refused(f.respondTrace(claim, 1), "NoOpenDemand", claim.claimId, claim.traceSubject(1));
      // A trace with another inner node and the same output: the leaf is right, and the door is closed.
      const lie = await f.record(smallClaim(alterByte(1, NODE.roots, 7)), { windowEnd: claim.facts.windowEnd });
      expect(lie.hash("outputs", 1)).to.equal(claim.hash("outputs", 1));
      await refused(f.respondTrace(claim, 1, { answer: lie.traceReply(1) }), "NoOpenDemand");
    });

    it("a late one is refused, one in the last second is not", async () => {
      await f.demandTrace(claim, 1);
      const { time } = await f.disputes.demandOf(f.market, claim.key, claim.traceSubject(1));
      await f.at(Number(time) + 1);
      await refused(f.respondTrace(claim, 1), "TooLate", time);
      await f.helpers.mine();
      claim = await f.record(fixture);
      await f.demandTrace(claim, 1);
      const other = await f.disputes.demandOf(f.market, claim.key, claim.traceSubject(1));
      await f.at(Number(other.time));
      await f.respondTrace(claim, 1);
    });

    it("one for a shard outside the claim is refused, and one that nobody demanded", async () => {
      await f.demandTrace(claim, 1);
      for (const shard of [FROM - 1, FROM + 3, 2 ** 32 - 1]) {
        await refused(f.respondTrace(claim, 1, { answer: { shard } }), "NoSuchShard", shard);
      }
      await refused(f.respondTrace(claim, 2), "NoOpenDemand", claim.claimId, claim.traceSubject(2));
    });

    it("one whose output differs from the leaf is refused: a mismatch cannot be answered", async () => {
      await f.demandTrace(claim, 1);
      const lie = await f.record(smallClaim(alterByte(1, NODE.output, 7)));
      await refused(f.respondTrace(claim, 1, { answer: lie.traceReply(1) }), "NoOpenDemand");
      await refused(f.respondTrace(claim, 1, { answer: claim.traceReply(2) }), "NoOpenDemand");
      await f.respondTrace(claim, 1);
    });

    it("one whose hashes do not lead to its root, or are too few or too many, is refused", async () => {
      await f.demandTrace(claim, 1);
      const { data } = claim.traceReply(1);
      await refused(f.respondTrace(claim, 1, { answer: { shardRoot: id("another root") as never } }), "WrongAnswer");
      for (const wrong of [data.slice(0, -64), concat([data, data]), "0x"]) {
        await refused(f.respondTrace(claim, 1, { answer: { data: wrong } }), "WrongLength");
      }
      const extra = { outputRoots: [claim.traceReply(1).shardRoot] };
      await refused(f.respondTrace(claim, 1, { answer: extra }), "WrongLength", 1, 0);
      await refused(f.respondTrace(claim, 1, { answer: { paths: extra.outputRoots } }), "WrongLength", 1, 0);
    });

    it("proves all of several outputs", async () => {
      const two = await f.record(twoOutputs);
      await f.demandTrace(two, 1);
      for (const node of [NODE.sums, NODE.output]) {
        const lie = await f.record(smallClaim({ outputs: 2, count: 2, ...alterByte(1, node, 3) }));
        await refused(f.respondTrace(two, 1, { answer: lie.traceReply(1) }), "NoOpenDemand");
      }
      await expect(f.respondTrace(two, 1)).to.emit(f.disputes, "TraceAnswered");
    });

    it("ends nothing of a claim that has fallen", async () => {
      await f.demandTrace(claim, 1);
      await f.demandTrace(claim, 2);
      const { time } = await f.disputes.demandOf(f.market, claim.key, claim.traceSubject(1));
      await f.at(Number(time) + 1);
      await f.disputes.timeout(f.market, claim.key, claim.traceSubject(1));
      await refused(f.respondTrace(claim, 2), "ClaimOver", f.market.address, claim.key);
    });
  });

  it("facts that a caller forges are refused by every move", async () => {
    for (const change of [{ worker: f.friend.address }, { windowEnd: claim.facts.windowEnd + 1 }, { to: FROM + 2 }]) {
      const forged = { ...claim, facts: { ...claim.facts, ...change } };
      await refused(f.demandTrace(forged, 1, { target: claim.placed("outputs", 5, 2) }), "WrongFacts");
      await refused(f.respondTrace(forged, 1), "WrongFacts");
      await refused(f.demand(forged, "outputs", 1), "WrongFacts");
    }
  });

  it("a reorganisation between demand and answer: the same signed answer holds on the other branch, and nothing else does", async () => {
    const before = await f.helpers.takeSnapshot();
    await f.demandTrace(claim, 1);
    const signature = await f.signTrace(claim, claim.traceReply(1));
    await before.restore();
    await refused(f.respondTrace(claim, 1, { from: f.stranger, signature }), "NoOpenDemand");
    await f.demandTrace(claim, 1, { from: f.friend });
    await expect(f.respondTrace(claim, 1, { from: f.stranger, signature })).to.emit(f.disputes, "TraceAnswered");
  });
});
