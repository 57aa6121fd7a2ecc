import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { chunkPlace, MOST_JOINED } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  FROM,
  LARGE_CHUNKS,
  NODE,
  smallClaim,
  STANDARD,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

const DAY = 86_400;

describe("DisputeManager queue of compute demands: chunks of a trace", () => {
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
  const chunkOf = (shard: number, chunk: number): number => chunkPlace(claim.shape, shard, NODE.roots, chunk);
  const leaderAt = (place: number) => ({ place: BigInt(place), hash: claim.hash("trace", place) });
  const subject = (place: number): string => claim.subject("trace", place);

  it("take a place each, at the full price", async () => {
    await traced(1);
    const price = await f.disputes.priceOfTrace(STANDARD, 3);
    await f.demand(claim, "trace", chunkOf(1, 6), { value: price });
    const start = await f.now();
    await f.demand(claim, "trace", chunkOf(1, 9), { value: price });
    expect(await queue()).to.deep.equal([start + 2 * t, 2]);
    expect(await deadlineOf(subject(chunkOf(1, 9)))).to.equal(start + 2 * t + answerPeriod);
    await refused(f.demand(claim, "trace", chunkOf(1, 11), { value: price - 1n }), "PrepaymentTooLow");
  });

  it("of a shard whose turn has not begun join one that holds a place: its deadline, no place, the answer's price", async () => {
    await traced(0);
    await traced(1);
    await f.demand(claim, "trace", chunkOf(0, 6));
    await f.demand(claim, "trace", chunkOf(1, 6));
    const deadline = await deadlineOf(subject(chunkOf(1, 6)));
    const before = await queue();
    const answer = await f.disputes.priceOf(f.market, claim.key, STANDARD);
    await f.demand(claim, "trace", chunkOf(1, 9), { leader: leaderAt(chunkOf(1, 6)), value: answer, from: f.friend });
    expect(await deadlineOf(subject(chunkOf(1, 9)))).to.equal(deadline);
    expect(await queue()).to.deep.equal(before);
    const { open, near, queued } = await f.disputes.outcome(f.market, claim.key);
    expect([open, near, queued]).to.deep.equal([3n, 0n, 2n]);
    await f.respond(claim, "trace", chunkOf(1, 9));
    expect(await queue()).to.deep.equal(before);
  });

  it("join until the turn begins, to the second", async () => {
    await traced(0);
    await traced(1);
    await f.demand(claim, "trace", chunkOf(0, 6));
    await f.demand(claim, "trace", chunkOf(1, 6));
    const leader = leaderAt(chunkOf(1, 6));
    const begins = (await deadlineOf(subject(chunkOf(1, 6)))) - answerPeriod - t;
    await f.at(begins);
    await f.demand(claim, "trace", chunkOf(1, 9), { leader });
    await f.at(begins + 1);
    await refused(f.demand(claim, "trace", chunkOf(1, 11), { leader }), "NotJoinable", subject(chunkOf(1, 6)));
    await f.demand(claim, "trace", chunkOf(1, 11));
  });

  it("join no demand of another shard, none that joined itself, no trace, nothing answered and nothing unknown", async () => {
    await traced(0);
    await traced(1);
    await f.demandTrace(claim, 2);
    await f.demand(claim, "trace", chunkOf(0, 6));
    await f.demand(claim, "trace", chunkOf(0, 7), { leader: leaderAt(chunkOf(0, 6)) });
    await f.demand(claim, "trace", chunkOf(1, 6));
    const wanted = chunkOf(1, 9);
    const join = (place: number | bigint, hash: string) =>
      f.demand(claim, "trace", wanted, { leader: { place: BigInt(place), hash } });
    const trace = (1n << 62n) | 6n;
    for (const [place, hash] of [
      [chunkOf(0, 6), claim.hash("trace", chunkOf(0, 6))],
      [chunkOf(0, 7), claim.hash("trace", chunkOf(0, 7))],
      [trace, claim.hash("outputs", 6)],
      [chunkOf(1, 10), claim.hash("trace", chunkOf(1, 10))],
    ] as const) {
      await refused(join(place, hash), "NotJoinable");
    }
    await f.respond(claim, "trace", chunkOf(1, 6));
    await refused(join(chunkOf(1, 6), claim.hash("trace", chunkOf(1, 6))), "NotJoinable");
  });

  it("full-claim: share places up to a limit, beyond which there is always a place of one's own, and room for traces and outputs", async () => {
    expect(await f.disputes.MOST_JOINED()).to.equal(BigInt(MOST_JOINED));
    await traced(0);
    await traced(1);
    // A turn before, so that the leader's has not begun when the last one joins it.
    for (let i = 0; i < 8; i++) await f.demand(claim, "trace", chunkOf(0, i));
    await f.demand(claim, "trace", chunkOf(1, 0));
    const places = [NODE.roots, NODE.output].flatMap((node) =>
      Array.from({ length: LARGE_CHUNKS }, (_, chunk) => chunkPlace(claim.shape, 1, node, chunk)),
    );
    const leader = leaderAt(chunkOf(1, 0));
    const joining = places.slice(1, 1 + MOST_JOINED);
    for (const place of joining) await f.demand(claim, "trace", place, { leader });
    const [next = 0, another = 0] = places.slice(1 + MOST_JOINED);
    await refused(f.demand(claim, "trace", next, { leader }), "NotJoinable", subject(next));
    await f.demand(claim, "trace", next);
    await f.demandTrace(claim, 2);
    await f.demandOutput(claim, { shard: FROM, output: 0, index: 0 });
    await f.respond(claim, "trace", joining[0] ?? 0);
    await f.demand(claim, "trace", another, { leader });
  });

  it("staged descents whose chunks are all demanded in one minute: each has its turn, and the worker answers all in time", async () => {
    for (const shard of [0, 1, 2]) await traced(shard);
    const places = [0, 1, 2].map((shard) => chunkOf(shard, 6));
    for (const place of places) await f.demand(claim, "trace", place);
    const start = (await f.now()) - 2;
    for (const [i, place] of places.entries()) {
      expect(await deadlineOf(subject(place))).to.equal(start + (i + 1) * t + answerPeriod);
    }
    for (const [i, place] of places.entries()) {
      await f.at(start + (i + 1) * t + answerPeriod);
      await f.respond(claim, "trace", place);
    }
    expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(0n);
  });
});
