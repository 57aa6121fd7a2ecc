import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { AbortedError } from "@orion/protocol/common";
import type { JobSession } from "@orion/protocol/jobs";

import { HandClock } from "../../../support/hand-clock.ts";
import { Openings } from "../../../../worker/pipeline/openings.ts";

const jobOf = (jobId: string): JobRecord => ({ jobId }) as JobRecord;

describe("opening jobs before they are claimed (dripping-worker)", () => {
  let clock: HandClock;
  let openings: Openings;
  let given: string[];
  let open: Set<string>;
  /** Ends an opening, by job. */
  let ends: Map<string, { arrive: () => void; fail: (error: Error) => void }>;

  beforeEach(() => {
    clock = new HandClock(0);
    given = [];
    open = new Set();
    ends = new Map();
    const sessions = {
      of: ({ jobId }: JobRecord): Promise<JobSession> =>
        jobId.startsWith("fair")
          ? Promise.resolve({ jobId } as JobSession)
          : new Promise((resolve, reject) => {
              ends.set(jobId, { arrive: () => resolve({ jobId } as JobSession), fail: reject });
            }),
      isOpen: (jobId: string): boolean => open.has(jobId),
      giveUp: (jobId: string): void => {
        given.push(jobId);
        ends.get(jobId)?.fail(new AbortedError("stopped"));
      },
    };
    openings = new Openings(sessions, clock, new AbortController().signal);
  });

  /** What is said of a job after so many seconds, or "waits". */
  async function said(jobId: string, seconds = 0): Promise<string> {
    const session = openings.of(jobOf(jobId)).then((one) => (typeof one === "string" ? one : "open"));
    if (seconds > 0) await clock.pass(seconds);
    return Promise.race([session, new Promise<string>((resolve) => setTimeout(() => resolve("waits"), 5))]);
  }

  it("waits ten seconds for a job once, and goes on with others while its content arrives", async () => {
    expect(await said("slow", 9)).to.equal("waits");
    await clock.pass(2);
    expect(await said("slow")).to.equal("opening");
    expect(await said("fair")).to.equal("open");
    expect(given).to.deep.equal([]);
  });

  it("gives a place to a new job behind any number whose content drips", async () => {
    for (let i = 0; i < 8; i++) expect(await said(`drip ${String(i)}`, 11)).to.equal("opening");
    expect(await said("fair")).to.equal("open");
    expect(given).to.deep.equal(["drip 0"]);
  });

  it("asks nothing of the others for a job that is open", async () => {
    for (let i = 0; i < 8; i++) await said(`drip ${String(i)}`, 1);
    open.add("fair and open");
    expect(await said("fair and open")).to.equal("open");
    expect(await said("fair")).to.equal("opening");
    expect(given).to.deep.equal([]);
  });

  it("gives up what takes more than five minutes, and says so once", async () => {
    await said("slow", 11);
    await clock.pass(300);
    expect(await said("slow")).to.equal("too slow");
    expect(given).to.deep.equal(["slow"]);
    expect(await said("slow", 9)).to.equal("waits");
  });
});
