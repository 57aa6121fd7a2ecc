import { expect } from "chai";

import { LoadingTurns, type Loading } from "../../../keepers/validator/loading-turns.ts";

const claims = (...jobIds: string[]): { jobId: string }[] => jobIds.map((jobId) => ({ jobId }));
const ids = (taken: readonly Loading<{ jobId: string }>[]): string => taken.map(({ claim }) => claim.jobId).join("");
/** Longest that inputs may drip in before they count as slow, and a little more. */
const SLOW_MS = 11_000;

/**
 * Looks each second, at two claims at most as the validator does; nothing comes for the hostile jobs, and each try of them lasts two minutes unless it is made to end.
 * @returns seconds until the job's turn comes, and the most fetches that were under way
 */
function secondsUntil(wanted: string, hostile: readonly string[]): { seconds: number; most: number } {
  const turns = new LoadingTurns();
  const running = new Map<Loading<{ jobId: string }>, number>();
  let most = 0;
  for (let seconds = 0; seconds < 86_400; seconds++) {
    for (const [one, ends] of running) {
      if (ends > seconds && !one.fetch.signal.aborted) continue;
      running.delete(one);
      turns.end(one.fetch, false, 1_000 * seconds);
    }
    const taken = turns.take(claims(...hostile, wanted), 2, 1_000 * seconds);
    if (taken.some(({ claim }) => claim.jobId === wanted)) return { seconds, most };
    for (const one of taken) running.set(one, seconds + 120);
    most = Math.max(most, [...running.keys()].filter(({ fetch }) => !fetch.signal.aborted).length);
  }
  return { seconds: Infinity, most };
}

describe("turns of fetching inputs", () => {
  it("go to the most urgent claims, one of a job at a time, as many as are wanted", () => {
    const turns = new LoadingTurns();
    const first = turns.take(claims("a", "a", "b", "c"), 2, 0);
    expect(ids(first)).to.equal("ab");
    expect(ids(turns.take(claims("a", "c"), 2, 0))).to.equal("c");
    for (const { claim, fetch } of first) if (claim.jobId === "a") turns.end(fetch, true, 0);
    expect(ids(turns.take(claims("b", "a"), 1, 0))).to.equal("a");
    expect(ids(turns.take(claims("d"), 0, 0))).to.equal("");
  });

  it("come soon to a job beside any number whose inputs drip in, and few of these hold a place", () => {
    const jobs = (n: number): string[] => Array.from({ length: n }, (_, i) => `h${String(i)}`);
    expect(secondsUntil("good", jobs(5)).seconds).to.be.at.most(3);
    const { seconds, most } = secondsUntil("good", jobs(400));
    expect(seconds).to.be.at.most(400);
    expect(most).to.be.at.most(16);
  });

  it("leave places to jobs that were not tried yet beside any number whose inputs did not come", () => {
    const turns = new LoadingTurns();
    const hostile = Array.from({ length: 12 }, (_, i) => `h${String(i)}`);
    for (const { fetch } of turns.take(claims(...hostile), 12, 0)) turns.end(fetch, false, SLOW_MS);
    // All were tried in vain: together they have four places.
    const slow = turns.take(claims(...hostile), 12, SLOW_MS);
    expect(slow).to.have.length(4);
    const fresh = turns.take(claims(...hostile, "x", "y", "z"), 6, SLOW_MS);
    expect(ids(fresh)).to.equal("xyz");
  });

  it("make those of slow jobs wait for each other no longer than their last try was, twice", () => {
    const turns = new LoadingTurns();
    for (const { fetch } of turns.take(claims("a", "b", "c", "d", "e"), 5, 0)) turns.end(fetch, false, SLOW_MS);
    const slow = turns.take(claims("a", "b", "c", "d", "e"), 5, SLOW_MS);
    expect(ids(slow)).to.equal("abcd");
    const aborted = (): number => slow.filter(({ fetch }) => fetch.signal.aborted).length;
    turns.take(claims("other"), 1, SLOW_MS + 60_000);
    expect(aborted(), "while nobody else waits").to.equal(0);
    expect(ids(turns.take(claims("e"), 1, SLOW_MS + 60_000))).to.equal("e");
    expect(aborted()).to.equal(1);
  });

  it("go first to the jobs that cost the others the least time, though these fail too", () => {
    const turns = new LoadingTurns();
    for (const { fetch } of turns.take(claims("h"), 1, 0)) turns.end(fetch, false, 9_000);
    for (const { fetch } of turns.take(claims("a"), 1, 9_000)) turns.end(fetch, false, 9_010);
    expect(ids(turns.take(claims("h", "a"), 1, 9_010))).to.equal("a");
  });

  it("forget jobs that are over", () => {
    const turns = new LoadingTurns();
    for (const { fetch } of turns.take(claims("a", "b"), 2, 0)) turns.end(fetch, false, SLOW_MS);
    turns.keepOnly(new Set(["b"]));
    expect([turns.isSlow("a"), turns.isSlow("b")]).to.deep.equal([false, true]);
  });
});
