import { expect } from "chai";
import fc from "fast-check";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import {
  ancestor,
  chunkPlace,
  depthOf,
  MAX_SPAN,
  nodePlace,
  outputSubjectOf,
  shardDepth,
  tensorTop,
  type ClaimShape,
  type OutputRange,
  type Place,
} from "@orion/protocol/disputes";
import { treeDepth } from "@orion/protocol/tensor";

import {
  deployDisputes,
  NODE,
  smallClaim,
  STANDARD,
  type DisputeFixture,
  type RecordedClaim,
} from "../../support/dispute-fixture.ts";
import type { ClaimFixture } from "../../support/claim-fixture.ts";
import { gasOf } from "../../support/whole-dispute.ts";
import { Random } from "../../unit/tensor/random.ts";

const RUNS = 15 * Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const GWEI = 10n ** 9n;
/** A profile whose answers may take longer than it takes to send 200 transactions, one a second. */
const LONG = 2;

/** Answers on the longest way down a claim. */
function levels({ shards, nodes, leaves }: ClaimShape): number {
  const answers = (count: number): number => Math.ceil(treeDepth(count) / MAX_SPAN);
  return answers(shards) + answers(nodes) + answers(Math.max(...leaves)) + 1;
}

/** Places at which an answer ends, from the root to a chunk. */
function wayDown(shape: ClaimShape, chunk: Place): Place[] {
  const depth = depthOf(chunk);
  const borders = [0, shardDepth(shape), tensorTop(shape)];
  const stops = new Set([depth]);
  for (const [i, border] of borders.entries()) {
    for (let d = border; d < (borders[i + 1] ?? depth); d += MAX_SPAN) stops.add(d);
  }
  return [...stops].sort((a, b) => a - b).map((d) => ancestor(chunk, depth - d));
}

describe("an honest worker against hostile demanders", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
  });

  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
  });

  const outcome = () => f.disputes.outcome(f.market, claim.key);
  const close = () => f.disputes.connect(f.market).closeClaim(claim.key, f.worker);
  const bound = (): number =>
    claim.facts.windowEnd + levels(claim.shape) * (f.profile.answerPeriod + f.profile.descendPeriod);

  /** Closes the claim, hands out all prepayments and withdraws the worker's; returns what the worker got. */
  async function harvest(subjects: string[]): Promise<bigint> {
    const held = (await outcome()).holdUntil;
    if ((await f.now()) <= Number(held)) await f.time.increaseTo(Number(held));
    await close();
    // A claim that nobody could demand of has nothing to hand out.
    if (subjects.length === 0) return 0n;
    await f.disputes.returnPrepayments(f.market, claim.key, subjects);
    const got = await f.disputes.balanceOf(f.worker);
    await f.disputes.connect(f.worker).withdraw(f.worker);
    return got;
  }

  it("settles within its bound when every demand and every answer come at the last second", async () => {
    const chunk = chunkPlace(claim.shape, 2, NODE.roots, 77);
    let at = claim.facts.windowEnd;
    const places = wayDown(claim.shape, chunk);
    expect(places).to.have.length(levels(claim.shape));
    for (const [i, place] of places.entries()) {
      await f.time.setNextBlockTimestamp(at);
      const above = places[i - 1];
      await f.demand(claim, place, above === undefined ? {} : { levels: depthOf(place) - depthOf(above) });
      at += f.profile.answerPeriod;
      await f.time.setNextBlockTimestamp(at);
      await f.respond(claim, place);
      at += f.profile.descendPeriod;
    }
    expect(at).to.equal(bound());
    expect((await outcome()).holdUntil).to.equal(bound());
    expect(await harvest(places.map((place) => claim.subject(place)))).to.equal(f.price * BigInt(places.length));
    expect(await f.disputes.factsHash(f.market, claim.key)).to.equal(`0x${"00".repeat(32)}`);
  });

  it("settles within its bound, loses nothing and earns every prepayment under random schedules", async () => {
    const schedule = fc.record({
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      length: fc.integer({ min: 5, max: 40 }),
      late: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(schedule, async ({ seed, length, late }) => {
        await f.reset();
        claim = await f.record(fixture);
        const r = new Random(seed);
        if (late) await f.time.increaseTo(claim.facts.windowEnd - r.between(1, 40));
        const demanders = [f.challenger, f.friend, f.stranger];
        const open: { place: Place; deadline: number }[] = [];
        const subjects: string[] = [];
        let prepaid = 0n;
        /** Answers everything that is due until then, each at the last second. Demands fall on different seconds, and so do deadlines. */
        const answerDue = async (until: number): Promise<void> => {
          open.sort((a, b) => a.deadline - b.deadline);
          while (open[0] !== undefined && open[0].deadline <= until) {
            const { place, deadline } = open.shift()!;
            await f.time.setNextBlockTimestamp(deadline);
            await f.respond(claim, place);
          }
        };
        let at = (await f.now()) + 1;
        for (let i = 0; i < length; i++) {
          await answerDue(at);
          at = Math.max(at, await f.now()) + 1;
          if (open[0]?.deadline === at) continue;
          const shard = r.between(0, 2);
          const node = r.pick([NODE.roots, NODE.output]);
          const way = wayDown(claim.shape, chunkPlace(claim.shape, shard, node, r.between(0, 199)));
          const place = r.pick(way);
          const value = await f.disputes.priceOf(f.market, claim.key, STANDARD);
          const levelsUp = way.filter((above) => above < place).map((above) => depthOf(place) - depthOf(above));
          const changes = { from: r.pick(demanders), value, levels: r.pick([...levelsUp, depthOf(place)]) };
          await f.time.setNextBlockTimestamp(at);
          const demanded = await f.demand(claim, place, changes).catch(() => undefined);
          if (demanded !== undefined) {
            prepaid += value;
            subjects.push(claim.subject(place));
            open.push({ place, deadline: at + f.profile.answerPeriod });
          }
          at += r.between(0, 400);
        }
        await answerDue(Number.MAX_SAFE_INTEGER);
        const { open: still, fallen, holdUntil } = await outcome();
        expect([still, fallen]).to.deep.equal([0n, false]);
        expect(Number(holdUntil)).to.be.at.most(bound());
        expect(await harvest(subjects)).to.equal(prepaid);
        expect(await f.ethers.provider.getBalance(f.disputes)).to.equal(0);
      }),
      { numRuns: RUNS },
    );
  });

  it("cannot be made to answer what it never claimed, or below what job and program fix", async () => {
    const random = new Random(5);
    const hash = (): string => `0x${Array.from({ length: 32 }, () => random.between(16, 255).toString(16)).join("")}`;
    let refused = 0;
    for (let i = 0; i < 60; i++) {
      const node = random.between(0, 7);
      const place = random.chance(0.5)
        ? nodePlace(claim.shape, random.between(0, 3), node)
        : chunkPlace(claim.shape, random.between(0, 3), NODE.roots, random.between(0, 255));
      const target = random.chance(0.5) ? { hash: hash() } : {};
      const wrong = random.chance(0.5) ? { place: place + random.between(1, 3) } : { path: [] };
      const entry = claim.entry(random.between(0, 4));
      await f
        .demand(claim, nodePlace(claim.shape, 0, 0), { entry, target: { place, ...wrong, ...target } })
        .catch(() => {
          refused += 1;
        });
    }
    expect(refused).to.equal(60);
    expect((await outcome()).open).to.equal(0);
  });

  describe("under a flood of 200 demands", () => {
    interface Bill {
      attackers: bigint;
      defender: bigint;
    }

    /** Demands and answers one by one, at the lowest price, or all demands first. */
    async function flood(places: Place[], ranges: OutputRange[], atOnce: boolean): Promise<Bill> {
      const bill: Bill = { attackers: 0n, defender: 0n };
      const demanders = [f.challenger, f.friend, f.stranger];
      const subjects: string[] = [];
      let spent = 0n;
      const asked: (() => Promise<void>)[] = [];
      const answer = async (sending: ReturnType<typeof f.respond>): Promise<void> => {
        bill.defender += BigInt(await gasOf(sending)) * GWEI;
      };
      const ask = async (sending: ReturnType<typeof f.demand>, value: bigint, subject: string): Promise<void> => {
        spent += value;
        bill.attackers += BigInt(await gasOf(sending)) * GWEI + value;
        subjects.push(subject);
      };
      const from = (i: number): HardhatEthersSigner => demanders[i % 3]!;
      for (const [i, place] of places.entries()) {
        const value = await f.disputes.priceOf(f.market, claim.key, claim.facts.profile);
        await ask(f.demand(claim, place, { from: from(i), value }), value, claim.subject(place));
        const respond = (): Promise<void> => answer(f.respond(claim, place));
        if (atOnce) asked.push(respond);
        else await respond();
      }
      for (const [i, range] of ranges.entries()) {
        const value = await f.disputes.priceOfOutput(f.market, claim.key, claim.facts.profile, range.count);
        await ask(f.demandOutput(claim, range, { from: from(i), value }), value, outputSubjectOf(range));
        const respond = (): Promise<void> =>
          answer(
            f.disputes
              .connect(f.worker)
              .respondOutput(f.market, claim.key, claim.facts, claim.header, range, claim.opening(range)),
          );
        if (atOnce) asked.push(respond);
        else await respond();
      }
      for (const respond of asked) await respond();
      expect(subjects).to.have.length(200);
      const { open, fallen } = await outcome();
      expect([open, fallen]).to.deep.equal([0n, false]);
      const got = await harvest(subjects);
      expect(got).to.equal(spent);
      bill.defender -= got;
      return bill;
    }

    const large = (): Place[] =>
      [0, 1, 2].flatMap((shard) => [NODE.roots, NODE.output].map((node) => nodePlace(claim.shape, shard, node)));
    const chunks = (count: number): Place[] =>
      Array.from({ length: count }, (_, i) => chunkPlace(claim.shape, i % 3, NODE.roots, Math.floor(i / 3)));
    const ranges = (length: number, count: number): OutputRange[] =>
      Array.from({ length }, (_, i) => ({ shard: 4 + (i % 3), first: Math.floor(i / 3), count }));

    it("of chunks and whole levels, one by one, costs the attackers more than the defender", async () => {
      const { attackers, defender } = await flood([...large(), ...chunks(194)], [], false);
      expect(attackers > 2n * defender).to.equal(true);
      expect(defender < 0n).to.equal(true);
    });

    it("of sixteen output chunks each costs the attackers more than the defender", async () => {
      const { attackers, defender } = await flood([], ranges(200, 16), false);
      expect(attackers > 2n * defender).to.equal(true);
      expect(defender < 0n).to.equal(true);
    });

    it("of four output chunks each costs the attackers more than the defender", async () => {
      const { attackers, defender } = await flood([], ranges(200, 4), false);
      expect(attackers > 2n * defender).to.equal(true);
    });

    it("all at once costs the attackers a multiple of what it costs one by one", async () => {
      const places = [...large(), ...chunks(194)];
      const slowly = await flood(places, [], false);
      await f.reset();
      claim = await f.record(fixture, { profile: LONG });
      const { attackers } = await flood(places, [], true);
      expect(attackers > 5n * slowly.attackers).to.equal(true);
    });
  });
});
