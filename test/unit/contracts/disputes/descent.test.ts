import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { hexlify } from "ethers";

import { chunkPlace, nodePlace, placeOnChain, shardPlace } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import { NO_ENTRY } from "../../../support/claim-view.ts";
import {
  alterByte,
  deployDisputes,
  NODE,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

const DAY = 86_400;

describe("DisputeManager descent into a trace", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  /** The root of the large tensor of roots of shard 1, a hash seven levels below it, and a chunk. */
  let top: number;
  let inner: number;
  let chunk: number;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
  });
  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
    top = nodePlace(claim.shape, 1, NODE.roots);
    inner = top * 2 ** 7 + 3;
    chunk = chunkPlace(claim.shape, 1, NODE.roots, 6);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> => {
    const refusal = expect(sending).to.be.revertedWithCustomError(f.disputes, error);
    return args.length === 0 ? refusal : refusal.withArgs(...args);
  };
  const traced = async (of = claim, shard = 1): Promise<void> => {
    await f.demandTrace(of, shard);
    await f.respondTrace(of, shard);
  };

  it("spans up to seven levels from the root that was answered, and ends at the borders of nodes and tensors", async () => {
    await traced();
    for (const [place, span] of [
      [top, 7],
      [inner, 1],
      [chunk, 0],
      [nodePlace(claim.shape, 1, NODE.sums), 0],
    ] as const) {
      await expect(f.demand(claim, "trace", place))
        .to.emit(f.disputes, "Demanded")
        .withArgs(anyValue, anyValue, anyValue, place, claim.hash("trace", place), span, anyValue, anyValue);
    }
  });

  it("hangs under answered records alone: never under the outputs root, not even of one shard, nor before the answer", async () => {
    await refused(f.demand(claim, "trace", top), "NotInClaim");
    await f.demandTrace(claim, 1);
    await refused(f.demand(claim, "trace", top), "NotInClaim");
    const one = await f.record(smallClaim({ count: 1 }));
    await refused(f.demand(one, "trace", 1), "NotInClaim");
    const demand = f.demand(one, "trace", nodePlace(one.shape, 0, NODE.roots));
    await refused(demand, "NotInClaim");
  });

  it("of another shard, or under a root that was answered in another claim, is refused", async () => {
    await traced();
    await refused(f.demand(claim, "trace", nodePlace(claim.shape, 2, NODE.roots)), "NotInClaim");
    const other = await f.record(fixture);
    await refused(f.demand(other, "trace", top), "NotInClaim");
  });

  it("a friend demands the wrong shard early and everybody else comes late: its root anchors the whole window", async () => {
    const wrong = await f.record(smallClaim(alterByte(1, NODE.roots, 6 * 1024)), {
      windowEnd: (await f.now()) + 10 * DAY,
    });
    await f.demandTrace(wrong, 1, { from: f.friend });
    await f.respondTrace(wrong, 1);
    await f.at(wrong.facts.windowEnd);
    await expect(f.demand(wrong, "trace", top)).to.emit(f.disputes, "Demanded");
    await f.respond(wrong, "trace", top);
    await expect(f.demand(wrong, "trace", inner, { levels: 7 })).to.emit(f.disputes, "Demanded");
  });

  it("an answered root anchors for the time of a descent after the window, any other place for that after its answer", async () => {
    await f.at(claim.facts.windowEnd);
    await f.demandTrace(claim, 1);
    await f.respondTrace(claim, 1);
    const until = (await f.now()) + f.profile.descendPeriod;
    await f.at(until);
    await f.demand(claim, "trace", top);
    await f.respond(claim, "trace", top);
    const next = (await f.now()) + f.profile.descendPeriod;
    await f.at(next - 1);
    await refused(f.demand(claim, "trace", inner), "TooLate", until);
    await f.at(next);
    await f.demand(claim, "trace", inner, { levels: 7 });
    await f.at(next + 1);
    await refused(f.demand(claim, "trace", inner + 1, { levels: 7 }), "TooLate", next);
  });

  it("inside the window an answered place below a root anchors for a descent's time only, its root still", async () => {
    const long = await f.record(fixture, { windowEnd: (await f.now()) + 10 * DAY });
    await traced(long);
    await f.demand(long, "trace", top);
    await f.respond(long, "trace", top);
    const until = (await f.now()) + f.profile.descendPeriod;
    await f.at(until + 1);
    await refused(f.demand(long, "trace", inner, { levels: 7 }), "TooLate", until);
    await f.demand(long, "trace", inner);
  });

  it("settlement between answer and next move: an answer holds the claim for the descent, an open demand whatever it takes", async () => {
    const close = () => f.disputes.connect(f.market).closeClaim.staticCall(claim.key, f.worker);
    const ZERO = `0x${"00".repeat(32)}`;
    await f.at(claim.facts.windowEnd);
    await f.demandTrace(claim, 1);
    expect(await close()).to.equal(ZERO);
    await f.respondTrace(claim, 1);
    const until = (await f.now()) + f.profile.descendPeriod;
    await f.time.increaseTo(until);
    expect(await close()).to.equal(ZERO);
    await f.time.increaseTo(until + 1);
    expect(await close()).to.not.equal(ZERO);
    // Nothing was answered late and nothing is open: without a payee only an unchallenged claim would close.
    expect(await f.disputes.connect(f.market).closeClaim.staticCall(claim.key, `0x${"00".repeat(20)}`)).to.equal(ZERO);
  });

  it("an answer that comes at once holds no longer than its own descent, however far the deadline was", async () => {
    await traced();
    const { holdUntil } = await f.disputes.outcome(f.market, claim.key);
    expect(holdUntil).to.equal(BigInt((await f.now()) + f.profile.descendPeriod));
  });

  it("places of the two trees never meet: no place of one is an anchor of the other, whatever hash stands there", async () => {
    // The leaf of a shard is a hash of both trees here: the root of its output tensor.
    await f.demand(claim, "outputs", 1);
    await f.respond(claim, "outputs", 1);
    const place = shardPlace(claim.shape, 1);
    const leaf = claim.hash("outputs", place);
    await traced();
    const below = place * 2;
    const target = { place: BigInt(below), hash: claim.hash("trace", below), path: [] };
    await refused(f.demand(claim, "trace", below, { target }), "NotInClaim");
    const marked = placeOnChain("outputs", nodePlace(claim.shape, 1, NODE.roots));
    await refused(f.demand(claim, "trace", top, { target: { place: marked } }), "NotInClaim");
    const [inTrace, inOutputs] = await Promise.all(
      [BigInt(place), placeOnChain("outputs", place)].map((at) => f.disputes.subjectOf(at, leaf)),
    );
    expect(inTrace).to.not.equal(inOutputs);
    expect(inTrace).to.not.equal(await f.disputes.traceSubjectOf(placeOnChain("outputs", place), leaf));
    const reserved = BigInt(top) | (1n << 52n);
    await refused(f.demand(claim, "trace", top, { target: { place: reserved } }), "NoSuchPlace", reserved);
    const trace = BigInt(top) | (1n << 62n);
    await refused(f.demand(claim, "trace", top, { target: { place: trace } }), "NoSuchPlace", trace);
  });

  it("of the outputs tree ends at the shards' leaves, and hangs under the outputs root inside the window", async () => {
    await expect(f.demand(claim, "outputs", 1))
      .to.emit(f.disputes, "Demanded")
      .withArgs(anyValue, anyValue, anyValue, placeOnChain("outputs", 1), anyValue, 2, anyValue, anyValue);
    await refused(f.demand(claim, "outputs", 5), "NoSuchPlace", placeOnChain("outputs", 5));
    await refused(f.demand(claim, "outputs", 2), "NotAligned", placeOnChain("outputs", 2));
    const late = await f.record(fixture);
    await f.at(late.facts.windowEnd + 1);
    await refused(f.demand(late, "outputs", 1), "NotInClaim");
  });

  it("needs the descriptor where the path crosses a node's root, and the right one", async () => {
    await traced();
    await refused(f.demand(claim, "trace", top, { entry: NO_ENTRY }), "BadProof");
    await refused(f.demand(claim, "trace", top, { entry: claim.entry(NODE.sums) }), "BadProof");
    await f.demand(claim, "trace", top);
    await f.respond(claim, "trace", top);
    await f.demand(claim, "trace", inner, { levels: 7, entry: NO_ENTRY });
  });

  it("never enters an input or a constant, which end at their root by comparison", async () => {
    await traced();
    for (const node of [NODE.input, NODE.constant]) {
      await refused(f.demand(claim, "trace", nodePlace(claim.shape, 1, node)), "FixedNode", node);
    }
  });

  it("refuses what does not answer, and takes the right answer of anyone", async () => {
    await traced();
    await f.demand(claim, "trace", top);
    await f.demand(claim, "trace", chunk);
    const answer = claim.answer("trace", top);
    const respond = (place: number, data: string) =>
      f.disputes.connect(f.stranger).respond(f.market, claim.key, BigInt(place), claim.hash("trace", place), data);
    await refused(respond(top, claim.answer("trace", nodePlace(claim.shape, 1, NODE.output))), "WrongAnswer");
    await refused(respond(top, answer.slice(0, -64)), "WrongLength");
    await refused(respond(chunk, answer), "BadProof");
    await respond(top, answer);
    await respond(chunk, claim.answer("trace", chunk));
    await refused(respond(top, answer), "NoOpenDemand");
  });

  it("old-answers: what was answered in any claim is refused in every claim for 30 days, and skipped by a longer path", async () => {
    await traced();
    await f.demand(claim, "trace", top);
    await f.respond(claim, "trace", top);
    const answered = await f.now();
    const other = await f.record(fixture, { windowEnd: answered + 40 * DAY });
    await traced(other);
    await refused(f.demand(other, "trace", top), "AlreadyAnswered", claim.hash("trace", top), 7);
    await f.demand(other, "trace", inner);
    await f.at(answered + 30 * DAY);
    await refused(f.demand(other, "trace", top), "AlreadyAnswered");
    await f.at(answered + 30 * DAY + 1);
    await expect(f.demand(other, "trace", top)).to.emit(f.disputes, "Demanded");
    await f.respond(other, "trace", top);
    expect(await f.disputes.answeredAt(hexlify(claim.hash("trace", top)), 7)).to.equal(BigInt(await f.now()));
  });

  it("demands nothing of a claim that has fallen or is closed", async () => {
    await traced();
    await f.demand(claim, "trace", top);
    await f.time.increase(f.profile.answerPeriod + 1);
    await f.disputes.timeout(f.market, claim.key, claim.subject("trace", top));
    await refused(f.demand(claim, "trace", inner), "ClaimOver", f.market.address, claim.key);
    const other = await f.record(fixture);
    await f.disputes.connect(f.market).closeClaim(other.key, f.worker);
    await refused(f.demandTrace(other, 1), "UnknownClaim", f.market.address, other.key);
  });
});
