import { expect } from "chai";

import { LoadingTurns } from "../../../keepers/validator/loading-turns.ts";

const claims = (...jobIds: string[]): { jobId: string }[] => jobIds.map((jobId) => ({ jobId }));
const ids = (taken: readonly { jobId: string }[]): string => taken.map(({ jobId }) => jobId).join("");

describe("turns of fetching inputs", () => {
  it("go to the most urgent claims, one of a job at a time, as many as are wanted", () => {
    const turns = new LoadingTurns();
    expect(ids(turns.take(claims("a", "a", "b", "c"), 2))).to.equal("ab");
    expect(ids(turns.take(claims("a", "c"), 2))).to.equal("c");
    turns.end("a", true);
    expect(ids(turns.take(claims("b", "a"), 1))).to.equal("a");
    expect(ids(turns.take(claims("d"), 0))).to.equal("");
  });

  it("leave places to jobs that were not tried yet beside any number whose inputs do not come", () => {
    const turns = new LoadingTurns();
    const hostile = Array.from({ length: 12 }, (_, i) => `h${String(i)}`);
    for (let round = 0; round < 3; round++) {
      for (const { jobId } of turns.take(claims(...hostile), 6)) turns.end(jobId, false);
    }
    for (const jobId of hostile) turns.end(jobId, false);
    // All were tried in vain: together they have two places.
    expect(turns.take(claims(...hostile), 6)).to.have.length(2);
    expect(ids(turns.take(claims(...hostile, "x", "y", "z", "u", "v"), 6))).to.equal("xyzu");
    turns.end("x", true);
    expect(ids(turns.take(claims("x"), 6))).to.equal("x");
  });

  it("forget jobs that are over", () => {
    const turns = new LoadingTurns();
    for (const jobId of ["a", "b"]) turns.end(jobId, false);
    turns.keepOnly(new Set(["b"]));
    expect([turns.isSlow("a"), turns.isSlow("b")]).to.deep.equal([false, true]);
  });
});
