import { expect } from "chai";

import { PreparingTurns, type Unprepared } from "../../../keepers/validator/preparing-turns.ts";

interface Claim extends Unprepared {
  readonly name: string;
}

const claim = (jobId: string, name: string, windowEnd = 100, attempts = 0): Claim => ({
  ...{ jobId, name, windowEnd, attempts },
});
const names = (claims: readonly Claim[]): string[] => claims.map(({ name }) => name);

describe("the turns of claims that wait for their content", () => {
  it("give a job whose content does not come one place, however many claims it has", () => {
    const hostile = Array.from({ length: 8 }, (_, i) => claim("hostile", `hostile ${String(i)}`));
    const taken = new PreparingTurns().take([...hostile, claim("later", "later")], 0);
    expect(names(taken)).to.deep.equal(["hostile 0", "later"]);
  });

  it("give a job half of the places once its content has come, and one again when it stays away", () => {
    const turns = new PreparingTurns();
    const claims = ["a", "b", "c", "d", "e"].map((name) => claim("job", name));
    expect(names(turns.take(claims, 0))).to.deep.equal(["a"]);
    turns.end("job", true);
    expect(names(turns.take(claims.slice(1), 0))).to.deep.equal(["b", "c"]);
    expect(names(turns.take(claims.slice(3), 0))).to.deep.equal([]);
    turns.end("job", false);
    expect(names(turns.take(claims.slice(3), 0))).to.deep.equal([]);
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
      const [first] = turns.take(claims, 10);
      order.push(...names(first === undefined ? [] : [first]));
      claims.splice(claims.indexOf(first as Claim), 1);
      turns.end("job", false);
    }
    expect(order).to.deep.equal(["a", "b", "tried", "over"]);
  });

  it("serve every job, however many new ones with earlier windows keep coming", () => {
    const turns = new PreparingTurns();
    const arrivals = (round: number): Claim[] =>
      Array.from({ length: 4 }, (_, i) => claim(`fresh ${String(4 * round + i)}`, "fresh", 10));
    let waiting = [...arrivals(0), ...arrivals(1), claim("old", "old", 1_000)];
    let round = 2;
    for (let taken: Claim[] = []; !names(taken).includes("old"); round++) {
      expect(round, "rounds").to.be.lessThan(8);
      taken = turns.take(waiting, 0);
      for (const { jobId } of taken) turns.end(jobId, false);
      waiting = [...waiting.filter((one) => !taken.includes(one)), ...arrivals(round)];
    }
    expect(round, "rounds").to.be.greaterThan(3);
  });
});
