import { expect } from "chai";

import { systemClock } from "@orion/protocol/common";
import type { JobSession } from "@orion/protocol/jobs";

import { fitsInTime, memoryTaken, type PlannedClaim } from "../../../../worker/pipeline/budget.ts";
import { ClaimWindow } from "../../../../worker/pipeline/claim-window.ts";
import { Pace } from "../../../../worker/pipeline/pace.ts";
import { Planner } from "../../../../worker/pipeline/planner.ts";
import { wakingClock } from "../../../../worker/pipeline/wake.ts";
import type { Trials } from "../../../../worker/trials.ts";

const NOW = 1_000;
/** A claim of a period of 100 s, made so many seconds ago. */
const claim = (seconds: number, age = 0, changes: Partial<PlannedClaim> = {}): PlannedClaim => ({
  jobId: "job",
  seconds,
  due: NOW - age + 50,
  deadline: NOW - age + 100,
  stalled: false,
  bytes: 10n,
  programBytes: 100n,
  ...changes,
});

describe("the time budget", () => {
  it("takes claims up to half of the claim period, all of them together", () => {
    expect(fitsInTime([], claim(50), NOW)).to.equal(true);
    expect(fitsInTime([], claim(51), NOW)).to.equal(false);
    expect(fitsInTime([claim(20), claim(20)], claim(10), NOW)).to.equal(true);
    expect(fitsInTime([claim(20), claim(20)], claim(11), NOW)).to.equal(false);
  });

  it("counts the claims of an earlier life, which come first", () => {
    // It is late itself, whatever is claimed besides; only what comes after it has to be in time.
    expect(fitsInTime([claim(30, 90)], claim(20), NOW)).to.equal(true);
    expect(fitsInTime([claim(30, 90)], claim(21), NOW)).to.equal(false);
  });

  it("takes nothing that would make a claim with a later deadline late", () => {
    const long = claim(90, 0, { due: NOW + 100, deadline: NOW + 200 });
    expect(fitsInTime([long], claim(10), NOW)).to.equal(true);
    expect(fitsInTime([long], claim(11), NOW)).to.equal(false);
  });

  it("plans without what stalls, but leaves time for it before the deadline", () => {
    const stalled = claim(50, 10, { stalled: true });
    // Due at 50 s without it; at 90 of 100 s with it.
    expect(fitsInTime([stalled], claim(40), NOW)).to.equal(true);
    expect(fitsInTime([stalled], claim(41), NOW)).to.equal(false);
    expect(fitsInTime([stalled, stalled], claim(1), NOW)).to.equal(false);
    // One that can be committed to no more keeps nobody from working.
    expect(fitsInTime([claim(0, 99, { stalled: true })], claim(50), NOW)).to.equal(true);
  });
});

describe("the memory budget", () => {
  it("counts each program once, and the data of every claim", () => {
    expect(memoryTaken([])).to.equal(0n);
    expect(memoryTaken([claim(1), claim(1), claim(1, 0, { jobId: "other", programBytes: 7n })])).to.equal(137n);
  });
});

describe("the window of claims", () => {
  it("starts small, and grows by one with each unit", () => {
    const window = new ClaimWindow();
    expect([window.size, window.room(0)]).to.deep.equal([4, 4]);
    for (let i = 0; i < 4; i++) window.grow();
    expect(window.size).to.equal(8);
    for (let i = 0; i < 1_000; i++) window.grow();
    expect(window.size).to.equal(64);
  });

  it("is halved by a loss, and never closed", () => {
    const window = new ClaimWindow();
    window.shrink();
    expect(window.size).to.equal(2);
    for (let i = 0; i < 9; i++) window.shrink();
    expect([window.size, window.room(0), window.room(1)]).to.deep.equal([1, 1, 0]);
  });

  it("opens for a quarter of it at once, or when nothing waits", () => {
    const window = new ClaimWindow();
    for (let i = 0; i < 8; i++) window.grow();
    expect(window.room(10)).to.equal(0);
    expect(window.room(9)).to.equal(3);
    expect(window.room(20)).to.equal(0);
    expect(window.room(0)).to.equal(12);
  });
});

describe("the pace of a machine", () => {
  const session = (estimatedSeconds = 4): JobSession =>
    ({
      loaded: {
        root: new Uint8Array(32).fill(1),
        program: { nodes: [], outputNodes: [] },
        facts: { shardTypes: [], outputBytes: 7n },
      },
      speed: { macsPerSecond: 1, estimatedSeconds },
    }) as unknown as JobSession;
  const trials = (secondsPerShard?: number): Trials =>
    ({
      known: () => (secondsPerShard === undefined ? undefined : { secondsPerShard, secondsPerTrace: 1 }),
    }) as unknown as Trials;

  it("is what was estimated, then what was tried, then what was measured", () => {
    const pace = new Pace();
    expect(pace.of(session(), 3)).to.deep.equal({ compute: 12, upload: 0 });
    expect(pace.of(session(), 3, 2)).to.deep.equal({ compute: 6, upload: 0 });
    pace.computed(session(), 2, 2);
    pace.uploaded(session(), 2, 1);
    expect(pace.of(session(), 3, 2)).to.deep.equal({ compute: 3, upload: 1.5 });
  });

  it("believes a slow unit at once, and fast ones slowly", () => {
    const pace = new Pace();
    for (const seconds of [1, 10, 5]) pace.computed(session(), 1, seconds);
    expect(pace.of(session(), 1).compute).to.equal(9);
    for (let i = 0; i < 50; i++) pace.computed(session(), 1, 1);
    expect(pace.of(session(), 1).compute).to.be.closeTo(1, 0.01);
  });

  it("plans each claim by what is left to do for it", () => {
    const pace = new Pace();
    pace.uploaded(session(), 1, 0.5);
    const planner = new Planner(trials(2), pace, "cpu");
    const clocks = { claimPeriod: 60, answerPeriod: 10, kappa: 2, traceFloor: 10 };
    const plan = (stage: "claimed" | "computed" | "journalled", opened?: JobSession): PlannedClaim =>
      planner.plan({ jobId: "job", shards: 3, deadline: 160, stage, stalled: false }, opened, clocks);
    expect(plan("claimed", session())).to.include({ seconds: 7.5, due: 130, deadline: 160, bytes: 21n });
    expect(plan("computed", session())).to.include({ seconds: 1.5, bytes: 21n });
    expect(plan("journalled", session())).to.include({ seconds: 0, bytes: 0n, programBytes: 0n });
    // What cannot be opened may take all the time that a unit may take.
    expect(plan("claimed")).to.include({ seconds: 30, bytes: 0n });
  });
});

describe("a clock that wakes its sleepers", () => {
  it("ends a sleep, or the next one where nobody sleeps, and only that", async () => {
    const clock = wakingClock(systemClock);
    const sleeping = clock.sleep(60_000);
    clock.wake();
    await sleeping;
    clock.wake();
    await clock.sleep(60_000);
    const start = performance.now();
    await clock.sleep(30);
    expect(performance.now() - start).to.be.greaterThan(25);
    const stop = new AbortController();
    const stopped = clock.sleep(60_000, stop.signal);
    stop.abort();
    await stopped;
  });
});
