import { expect } from "chai";

import { PreparingTurns, type Preparing, type Unprepared } from "../../../keepers/validator/preparing-turns.ts";

interface Claim extends Unprepared {
  readonly name: string;
}

const claim = (jobId: string, name: string, windowEnd = 100, attempts = 0): Claim => ({
  ...{ jobId, name, windowEnd, attempts },
});
const names = (taken: readonly Preparing<Claim>[]): string[] => taken.map(({ claim }) => claim.name);

/**
 * Looks each second; the content of the hostile jobs drips in as long as it may.
 * @returns seconds until the claim's turn comes, and the most that were under way
 */
function secondsUntil(wanted: Claim, hostile: readonly Claim[]): { seconds: number; most: number; waits: number[] } {
  const turns = new PreparingTurns();
  const running = new Map<Preparing<Claim>, number>();
  const waits: number[] = [];
  let most = 0;
  for (let seconds = 0; seconds < wanted.windowEnd; seconds++) {
    for (const [one, ends] of running) {
      if (ends > seconds && !one.fetch.signal.aborted) continue;
      running.delete(one);
      turns.end(one.fetch, false, 1_000 * seconds);
    }
    const busy = new Set([...running.keys()].map(({ claim }) => claim));
    const taken = turns.take(
      [...hostile, wanted].filter((one) => !busy.has(one)),
      seconds,
      1_000 * seconds,
    );
    if (taken.some(({ claim }) => claim === wanted)) return { seconds, most, waits };
    for (const one of taken) running.set(one, seconds + 120);
    most = Math.max(most, [...running.keys()].filter(({ fetch }) => !fetch.signal.aborted).length);
    if (seconds % 20 === 0) {
      waits.push(turns.waits([...hostile, wanted].map(({ jobId }) => jobId)).get(wanted.jobId) ?? 0);
    }
  }
  return { seconds: Infinity, most, waits };
}

describe("the turns of claims that wait for their content", () => {
  it("give a job whose content does not come one place, however many claims it has", () => {
    const hostile = Array.from({ length: 8 }, (_, i) => claim("hostile", `hostile ${String(i)}`));
    const taken = new PreparingTurns().take([...hostile, claim("later", "later")], 0, 0);
    expect(names(taken)).to.deep.equal(["hostile 0", "later"]);
  });

  it("give a job two places once its content has come, and one again when it stays away", () => {
    const turns = new PreparingTurns();
    const claims = ["a", "b", "c", "d", "e"].map((name) => claim("job", name));
    const end = (taken: readonly Preparing<Claim>[], isHere: boolean): void => {
      for (const { fetch } of taken) turns.end(fetch, isHere, 0);
    };
    const first = turns.take(claims, 0, 0);
    expect(names(first)).to.deep.equal(["a"]);
    end(first, true);
    const two = turns.take(claims.slice(1), 0, 0);
    expect(names(two)).to.deep.equal(["b", "c"]);
    expect(names(turns.take(claims.slice(3), 0, 0))).to.deep.equal([]);
    end(two.slice(1), false);
    expect(names(turns.take(claims.slice(3), 0, 0))).to.deep.equal([]);
  });

  it("come soon to a claim behind many jobs whose content drips in, and few of these hold a place", () => {
    const hostile = Array.from({ length: 200 }, (_, i) => claim(`h${String(i)}`, "hostile", 3_600));
    const { seconds, most, waits } = secondsUntil(claim("wrong", "wrong", 3_612), hostile);
    expect(seconds).to.be.at.most(200);
    expect(most).to.be.at.most(16);
    expect(Math.max(...waits)).to.be.greaterThan(60);
  });

  it("let a claim be expected too late where so many others drip that it is", () => {
    const hostile = Array.from({ length: 500 }, (_, i) => claim(`h${String(i)}`, "hostile", 150));
    const { seconds, waits } = secondsUntil(claim("wrong", "wrong", 150), hostile);
    expect(seconds).to.equal(Infinity);
    expect(Math.max(...waits)).to.be.greaterThan(150);
  });

  it("take in a job what was tried least, then the earliest window, and last what is over", () => {
    const turns = new PreparingTurns();
    const claims = [
      claim("job", "over", 5),
      claim("job", "tried", 20, 1),
      claim("job", "b", 40),
      claim("job", "a", 30),
    ];
    const order: string[] = [];
    while (claims.length > 0) {
      const [first] = turns.take(claims, 10, 0) as [Preparing<Claim>];
      order.push(first.claim.name);
      claims.splice(claims.indexOf(first.claim), 1);
      turns.end(first.fetch, false, 0);
    }
    expect(order).to.deep.equal(["a", "b", "tried", "over"]);
  });

  it("serve every job, however many new ones with earlier windows keep coming", () => {
    const turns = new PreparingTurns();
    const arrivals = (round: number): Claim[] =>
      Array.from({ length: 12 }, (_, i) => claim(`fresh ${String(12 * round + i)}`, "fresh", 10));
    let waiting = [...arrivals(0), ...arrivals(1), claim("old", "old", 1_000)];
    let round = 2;
    for (let taken: Preparing<Claim>[] = []; !names(taken).includes("old"); round++) {
      expect(round, "rounds").to.be.lessThan(8);
      taken = turns.take(waiting, 0, 0);
      for (const { fetch } of taken) turns.end(fetch, false, 0);
      const tried = new Set(taken.map(({ claim }) => claim));
      waiting = [...waiting.filter((one) => !tried.has(one)), ...arrivals(round)];
    }
    expect(round, "rounds").to.be.greaterThan(3);
  });
});
