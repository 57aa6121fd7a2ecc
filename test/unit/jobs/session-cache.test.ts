import { expect } from "chai";

import { UnavailableError } from "@orion/protocol/common";
import { SessionCache, type JobSession } from "@orion/protocol/jobs";

describe("open jobs", () => {
  const closed: string[] = [];
  const opened: string[] = [];
  const session = (jobId: string, heldBytes: number): (() => Promise<JobSession>) => {
    return () => {
      opened.push(jobId);
      const one: Partial<JobSession> = { jobId, heldBytes, dispose: () => void closed.push(jobId) };
      return Promise.resolve(one as JobSession);
    };
  };
  const use = async (cache: SessionCache, ...jobs: [jobId: string, bytes: number][]): Promise<void> => {
    for (const [jobId, bytes] of jobs) await cache.of(jobId, session(jobId, bytes));
  };
  beforeEach(() => {
    closed.length = 0;
    opened.length = 0;
  });

  it("are closed, the least recently used first, when they hold too much together or are too many", async () => {
    const cache = new SessionCache({ most: 3, mostBytes: 100 });
    await use(cache, ["a", 40], ["b", 40], ["a", 40], ["c", 30]);
    expect(closed).to.deep.equal(["b"]);
    expect(cache.heldBytes).to.equal(70);
    await use(cache, ["d", 1], ["e", 1]);
    expect(closed).to.deep.equal(["b", "a"]);
    expect(opened).to.deep.equal(["a", "b", "c", "d", "e"]);
  });

  it("large-sessions: one that holds more than all may is used alone, and stays while it is used", async () => {
    const cache = new SessionCache({ most: 16, mostBytes: 100 });
    await use(cache, ["a", 60], ["large", 150], ["large", 150]);
    expect(closed).to.deep.equal(["a"]);
    expect(cache.jobIds).to.deep.equal(["large"]);
    await use(cache, ["a", 60]);
    expect(closed).to.deep.equal(["a", "large"]);
  });

  it("stay open while they are pinned, and what is closed for room is told", async () => {
    const told: string[] = [];
    const onClosed = (jobId: string): Promise<void> => Promise.resolve(void told.push(jobId));
    const cache = new SessionCache({ most: 1, mostBytes: 100, isPinned: (jobId) => jobId === "pinned", onClosed });
    await use(cache, ["pinned", 90], ["a", 5], ["b", 5]);
    expect(told).to.deep.equal(["a"]);
    cache.close("b");
    expect([told, closed]).to.deep.equal([["a"], ["a", "b"]]);
    expect(cache.jobIds).to.deep.equal(["pinned"]);
  });

  it("are opened once however many ask, and anew after a failure", async () => {
    const cache = new SessionCache({ most: 4, mostBytes: 100 });
    await Promise.all([use(cache, ["a", 1]), use(cache, ["a", 1])]);
    expect(opened).to.deep.equal(["a"]);
    const failed = await cache
      .of("b", () => Promise.reject(new UnavailableError("gone")))
      .catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(UnavailableError);
    await use(cache, ["b", 1]);
    expect(opened).to.deep.equal(["a", "b"]);
  });

  it("dripping-sessions: give way to nobody who still opens, and are not held up by any number of those", async () => {
    const cache = new SessionCache({ most: 2, mostBytes: 100 });
    await use(cache, ["a", 10]);
    const aborted: string[] = [];
    const never =
      (jobId: string) =>
      (signal: AbortSignal): Promise<JobSession> => {
        signal.addEventListener("abort", () => aborted.push(jobId));
        return new Promise(() => undefined);
      };
    for (let i = 0; i < 20; i++) void cache.of(`drip ${String(i)}`, never(`drip ${String(i)}`));
    await use(cache, ["a", 10], ["b", 10], ["a", 10]);
    expect(opened).to.deep.equal(["a", "b"]);
    cache.giveUp("a");
    cache.giveUp("drip 0");
    expect([closed, aborted]).to.deep.equal([[], ["drip 0"]]);
    await use(cache, ["c", 10]);
    expect(closed).to.deep.equal(["b"]);
    cache.dispose();
    expect(aborted).to.have.length(20);
  });
});
