import { expect } from "chai";

import { backlogOf, byUrgency, type Waiting } from "../../../keepers/validator/queue.ts";
import { shuffled } from "@orion/protocol/challenge";

const claim = (key: string, windowEnd: number, left: number, more: Partial<Waiting> = {}): Waiting => ({
  ...{ key, windowEnd, left, spent: 0, secondsPerShard: 1 },
  ...more,
});

/** Computes shard by shard until all are done; the time at which each claim was. */
function play(claims: readonly Waiting[]): Map<string, number> {
  const waiting = claims.map((one) => ({ ...one }));
  const ends = new Map<string, number>();
  for (let now = 0; ;) {
    const [next] = byUrgency(
      waiting.filter(({ left }) => left > 0),
      now,
    );
    const mine = waiting.find(({ key }) => key === next?.key);
    if (mine === undefined) return ends;
    now += mine.secondsPerShard;
    Object.assign(mine, { spent: mine.spent + mine.secondsPerShard, left: mine.left - 1 });
    if (mine.left === 0) ends.set(mine.key, now);
  }
}

describe("the queue of a validator", () => {
  it("takes the window that ends first, and the cheapest claim among equals", () => {
    const claims = [claim("late", 90, 5), claim("large", 50, 20), claim("small", 50, 3)];
    expect(byUrgency(claims, 0)[0]?.key).to.equal("small");
    expect([...play(claims).keys()]).to.deep.equal(["small", "large", "late"]);
    const none: Waiting[] = [];
    expect(byUrgency(none, 0)[0]?.key).to.equal(undefined);
  });

  it("cannot be blinded by a pile of large claims: a small one is looked at within one round of all", () => {
    const decoys = Array.from({ length: 8 }, (_, i) => claim(`decoy ${String(i)}`, 100, 1_024));
    const end = play([...decoys, claim("wrong", 110, 1)]).get("wrong");
    expect(end).to.be.at.most(9);
  });

  it("cannot be blinded by claims of one large shard each either", () => {
    const day = 86_400;
    const heavy = { secondsPerShard: 600 };
    const heavies = Array.from({ length: 150 }, (_, i) => claim(`heavy ${String(i)}`, day - 10, 1, heavy));
    const end = play([...heavies, claim("wrong", day, 1)]).get("wrong");
    expect(end).to.equal(1);
  });

  it("gives large shards no more time than small ones, where it cannot do all in time", () => {
    const large = claim("large", 100, 90, { secondsPerShard: 10, spent: 10 });
    const small = claim("small", 200, 900, { spent: 9 });
    expect(byUrgency([large, small], 0)[0]?.key).to.equal("small");
    expect(byUrgency([large, { ...small, spent: 11 }], 0)[0]?.key).to.equal("large");
  });

  it("leaves a shard that cannot be computed in time to the end", () => {
    const inVain = claim("in vain", 100, 1, { secondsPerShard: 101 });
    const slow = claim("slow", 1_000, 1, { secondsPerShard: 500, spent: 5 });
    expect(byUrgency([inVain, slow], 0)[0]?.key).to.equal("slow");
    expect(byUrgency([inVain], 0)[0]?.key).to.equal("in vain");
  });

  it("meets every window while that can be done at all", () => {
    const claims = [claim("a", 30, 10), claim("b", 10, 9), claim("c", 29, 10)];
    const ends = play(claims);
    for (const { key, windowEnd } of claims) expect(ends.get(key)).to.be.at.most(windowEnd);
    expect(backlogOf(claims, 0)).to.deep.equal({ claims: 3, seconds: 29, late: 0 });
  });

  it("knows when it is not guarding", () => {
    const claims = [claim("a", 30, 10), claim("b", 10, 9), claim("c", 29, 11)];
    expect(backlogOf(claims, 0)).to.deep.equal({ claims: 3, seconds: 30, late: 0 });
    expect(backlogOf(claims, 1)).to.deep.equal({ claims: 3, seconds: 30, late: 1 });
    expect(backlogOf(claims, 2).late).to.equal(2);
    // What waits for its content is not computed in time, however little there is to compute.
    const waiting = [claim("a", 30, 10), claim("b", 30, 1, { wait: 30 }), claim("c", 30, 1, { wait: 28 })];
    expect(backlogOf(waiting, 0)).to.deep.equal({ claims: 3, seconds: 12, late: 1 });
  });

  it("takes the shards of a claim in an order that nobody can foresee", () => {
    const order = shuffled(64, (below) => Math.floor(Math.random() * below));
    expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 64 }, (_, i) => i));
    const orders = new Set(
      Array.from({ length: 200 }, () => shuffled(3, (below) => Math.floor(Math.random() * below)).join()),
    );
    expect(orders.size).to.equal(6);
    expect(shuffled(3, () => 0)).to.deep.equal([1, 2, 0]);
  });
});
