import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { AbortedError, IntegrityError, RevertError, UnavailableError, type Clock } from "@orion/protocol/common";

import { recordingLogger } from "../../support/network/in-process.ts";
import { JobPool } from "../../../keepers/job-pool.ts";

const jobs = (count: number): JobRecord[] =>
  Array.from({ length: count }, (_, i) => ({ jobId: `job ${String(i)}` }) as JobRecord);
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("JobPool", () => {
  let time: number;
  const clock: Clock = { now: () => time, sleep: () => Promise.resolve() };
  let log: ReturnType<typeof recordingLogger>;
  let pool: JobPool;

  beforeEach(() => {
    time = 0;
    log = recordingLogger();
    pool = new JobPool({ clock, log, parallel: 2 });
  });

  it("works on so many jobs at once, earlier ones first, and on none twice", async () => {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const work = (job: JobRecord): Promise<void> => {
      begun.push(job.jobId);
      return new Promise((resolve) => ends.push(resolve));
    };
    pool.start(jobs(4), work);
    pool.start(jobs(4), work);
    expect(begun).to.deep.equal(["job 0", "job 1"]);
    ends[0]?.();
    await settle();
    pool.start(jobs(4).slice(1), work);
    expect(begun).to.deep.equal(["job 0", "job 1", "job 2"]);
    ends.slice(1).forEach((end) => end());
    await pool.drain();
  });

  /** The ticks in which each of `count` jobs that stay wanted was served. */
  const ticksOf = async (
    count: number,
    ticks: number,
    options: { urgency?: (job: JobRecord) => number } = {},
  ): Promise<number[][]> => {
    const served = Array.from({ length: count }, (): number[] => []);
    const wanted = jobs(count);
    const { urgency } = options;
    pool = new JobPool({ clock, log, parallel: 4, ...(urgency === undefined ? {} : { urgency }) });
    for (let tick = 0; tick < ticks; tick++) {
      pool.start(wanted, async (job) => {
        served[wanted.indexOf(job)]?.push(tick);
      });
      await settle();
    }
    return served;
  };

  it("starve: visits each of 200 jobs that stay wanted within 2 · (200 / 4) ticks, again and again", async () => {
    const bound = (2 * 200) / 4;
    for (const times of await ticksOf(200, 1_000)) {
      const gaps = [...times, 1_000].map((tick, i) => tick - (times[i - 1] ?? 0));
      expect(Math.max(...gaps)).to.be.at.most(bound);
    }
  });

  it("keeps that bound while somebody's jobs claim to be the most urgent, and while new ones come at every tick", async () => {
    const bound = (2 * 200) / 4;
    const urgency = (job: JobRecord): number => (Number(job.jobId.slice(4)) < 100 ? 0 : 1_000);
    for (const times of await ticksOf(200, 300, { urgency })) expect(times[0]).to.be.at.most(bound);
    pool = new JobPool({ clock, log, parallel: 4, urgency: (job) => (job.jobId.startsWith("flood") ? 0 : 1) });
    const seen = new Map<string, number>();
    for (let tick = 0; seen.size < 20; tick++) {
      expect(tick).to.be.at.most(2 * (20 / 4) + 20);
      const flood = Array.from({ length: 4 }, (_, i) => ({ jobId: `flood ${String(tick)}.${String(i)}` }) as JobRecord);
      pool.start([...flood, ...jobs(20)], async ({ jobId }) => {
        if (!jobId.startsWith("flood")) seen.set(jobId, tick);
      });
      await settle();
    }
  });

  it("serves the most urgent of many first", async () => {
    const urgency = (job: JobRecord): number => -Number(job.jobId.slice(4));
    const first = (await ticksOf(40, 40, { urgency })).map((times) => times[0] ?? Infinity);
    // Half of the four places are theirs.
    expect(first.slice(-10).every((tick) => tick < 5)).to.equal(true);
  });

  it("gives new jobs no head start over more urgent ones that were served before", async () => {
    pool = new JobPool({ clock, log, parallel: 2, urgency: (job) => (job.jobId.startsWith("new") ? 1 : 0) });
    const served = new Map<string, number>();
    for (let tick = 0; tick < 20; tick++) {
      const fresh = [0, 1].map((i) => ({ jobId: `new ${String(tick)}.${String(i)}` }) as JobRecord);
      pool.start([...fresh, ...jobs(4)], async ({ jobId }) => void served.set(jobId, (served.get(jobId) ?? 0) + 1));
      await settle();
    }
    for (const { jobId } of jobs(4)) expect(served.get(jobId), jobId).to.be.at.least(8);
  });

  it("asks less and less often for a job in which nothing can be done, half a minute apart at most", async () => {
    const times: number[] = [];
    for (time = 0; time <= 200_000; time += 500) {
      pool.start(jobs(1), async () => {
        times.push(time);
        return "idle";
      });
      await settle();
    }
    expect(times.slice(0, 6)).to.deep.equal([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    expect(times.slice(6, 9)).to.deep.equal([61_000, 91_000, 121_000]);
    expect(log.lines).to.deep.equal([]);
  });

  it("takes the place from work that runs too long, and stops it when too much of it does", async () => {
    const stopped: string[] = [];
    const done: string[] = [];
    const work = (job: JobRecord, signal: AbortSignal): Promise<void> => {
      if (Number(job.jobId.slice(4)) >= 4) return Promise.resolve(void done.push(job.jobId));
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          stopped.push(job.jobId);
          reject(new AbortedError("stopped"));
        });
      });
    };
    pool = new JobPool({ clock, log, parallel: 2, sliceMs: 1_000 });
    for (time = 0; time < 6_000; time += 100) {
      pool.start(jobs(8), work);
      await settle();
    }
    expect(new Set(done)).to.deep.equal(new Set(["job 4", "job 5", "job 6", "job 7"]));
    expect(stopped.length).to.be.greaterThan(0);
    expect(log.lines[0]?.message).to.equal("it took too long while other jobs waited (tried again in 1 s)");
  });

  it("measures pauses by a clock that nobody can set", async () => {
    let date = 0;
    const steady: Clock = { now: () => date, steady: () => time, sleep: () => Promise.resolve() };
    pool = new JobPool({ clock: steady, log });
    const times: number[] = [];
    for (time = 0; time <= 4_000; time += 500) {
      // An hour back and forth, at every look.
      date = time % 1_000 === 0 ? -3_600_000 : 3_600_000;
      pool.start(jobs(1), async () => {
        times.push(time);
        throw new UnavailableError("later");
      });
      await settle();
    }
    expect(times).to.deep.equal([0, 1_000, 3_000]);
  });

  it("lets a job that never ends hold up no other", async () => {
    const done: string[] = [];
    const work = async (job: JobRecord): Promise<void> => {
      if (job.jobId === "job 0") return new Promise(() => undefined);
      done.push(job.jobId);
    };
    for (let i = 0; i < 5; i++) {
      pool.start(
        jobs(4).filter(({ jobId }) => !done.includes(jobId)),
        work,
      );
      await settle();
    }
    expect([...new Set(done)]).to.deep.equal(["job 1", "job 2", "job 3"]);
  });

  const attempts = async (failure: Error, until: number): Promise<number[]> => {
    const times: number[] = [];
    const work = async (): Promise<void> => {
      times.push(time);
      throw failure;
    };
    for (time = 0; time <= until; time += 500) {
      pool.start(jobs(1), work);
      await settle();
    }
    return times;
  };

  it("tries again after growing pauses while something is unavailable, or refused by the chain", async () => {
    expect(await attempts(new UnavailableError("later"), 16_000)).to.deep.equal([0, 1_000, 3_000, 7_000, 15_000]);
    expect(log.lines[0]?.message).to.equal("later (tried again in 1 s)");
    pool = new JobPool({ clock, log });
    expect(await attempts(new RevertError("Nope", []), 3_000)).to.deep.equal([0, 1_000, 3_000]);
  });

  it("waits five minutes at most", async () => {
    const times = await attempts(new UnavailableError("later"), 1_500_000);
    const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.max(...pauses)).to.equal(300_000);
  });

  it("never tries again what is wrong for good", async () => {
    expect(await attempts(new IntegrityError("wrong"), 1_000_000)).to.deep.equal([0]);
    expect(log.lines.map(({ message }) => message)).to.deep.equal(["wrong (not tried again)"]);
  });

  it("begins anew with a job that was over for a while", async () => {
    await attempts(new UnavailableError("later"), 4_000);
    pool.start([], () => Promise.resolve());
    const times: number[] = [];
    pool.start(jobs(1), async () => void times.push(time));
    expect(times).to.have.length(1);
  });

  it("throws what is a bug", async () => {
    const bug = new TypeError("a bug");
    const work = (): Promise<void> => Promise.reject(bug);
    pool.start(jobs(1), work);
    await settle();
    expect(() => pool.start([], () => Promise.resolve())).to.throw(TypeError, "a bug");
    pool.start(jobs(1), work);
    expect(await pool.drain().catch((error: unknown) => error)).to.equal(bug);
  });
});
