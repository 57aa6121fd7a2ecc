import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { IntegrityError, RevertError, UnavailableError, type Clock } from "@orion/protocol/common";

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
    pool.start(jobs(1), () => Promise.reject(bug));
    await settle();
    expect(() => pool.start([], () => Promise.resolve())).to.throw(TypeError, "a bug");
    pool.start(jobs(1), () => Promise.reject(bug));
    expect(await pool.drain().catch((error: unknown) => error)).to.equal(bug);
  });
});
