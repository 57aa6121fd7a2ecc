import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import type { CID } from "multiformats/cid";

import { createValidator } from "@orion/keepers";
import type { JobRecord } from "@orion/protocol/chain";
import { dagCidFromDigest } from "@orion/protocol/storage";

import { HandClock } from "../../support/hand-clock.ts";
import { jobOf } from "../../support/job-record.ts";
import { recordingLogger } from "../../support/network/in-process.ts";

const START = 1_000_000;
const END = START + 86_400;

/** Has a validator look at jobs of whose content nobody serves anything. @returns the CIDs that were asked for, and the errors that it told */
async function lookFor(jobs: readonly JobRecord[], seconds: number): Promise<{ asked: Set<string>; said: string[] }> {
  const asked = new Set<string>();
  const log = recordingLogger();
  const clock = new HandClock(1_000 * START);
  const state = { jobs: new Map(jobs.map((job) => [job.jobId, job])), gaps: 0 };
  const time = (): number => Math.floor(clock.now() / 1_000);
  const never = (cid: CID): Promise<never> => {
    asked.add(cid.toString());
    return new Promise(() => undefined);
  };
  const provider = {
    getBlockNumber: () => Promise.resolve(1),
    getTransactionCount: () => Promise.resolve(0),
    getBlock: () => Promise.resolve({ number: 1, hash: id("1"), parentHash: id("0"), timestamp: time() }),
    getLogs: () => Promise.resolve([]),
  };
  const context = {
    chain: { network: { addresses: {} }, contracts: {}, provider },
    sender: { address: ZeroAddress, lastBlock: 0 },
    store: { getDag: never, getBytes: never },
    follower: {
      ...{ state, block: 1, sync: () => Promise.resolve(state) },
      get time() {
        return time();
      },
    },
    backend: { macsPerSecond: 1e9, rates: {} },
    ...{ clock, log, sealSecret: id("secret") },
  };
  const stop = new AbortController();
  const running = createValidator(context as never).run(stop.signal);
  await clock.pass(seconds);
  stop.abort();
  // What hangs is let go by its limit.
  await Promise.race([running, clock.pass(200)]);
  return { asked, said: log.lines.filter(({ level }) => level === "error").map(({ message }) => message) };
}

describe("a validator beside jobs whose content nobody serves", () => {
  const later = jobOf("later", 1, END);
  const manifest = dagCidFromDigest(id("manifest later")).toString();

  it("looks at a later claim at once, however many claims one of them has", async () => {
    const { asked } = await lookFor([jobOf("hostile", 8, END), later], 2);
    expect([...asked]).to.include(manifest);
  });

  it("looks at a later claim behind many of them, and behind lists of challengers that never come", async () => {
    const hostile = Array.from({ length: 6 }, (_, i) =>
      jobOf(`unlisted ${String(i)}`, 4, END, { challengers: id("list") }),
    );
    const { asked } = await lookFor([...hostile, later], 130);
    expect([...asked]).to.include(manifest);
  });

  it("looks at a later claim behind a hundred of them in two minutes", async () => {
    const hostile = Array.from({ length: 100 }, (_, i) => jobOf(`hostile ${String(i)}`, 1, END));
    const { asked, said } = await lookFor([...hostile, later], 120);
    expect([...asked]).to.include(manifest);
    expect(said).to.deep.equal([]);
  });

  it("tells that it is not guarding where there are too many of them", async () => {
    const hostile = Array.from({ length: 400 }, (_, i) => jobOf(`hostile ${String(i)}`, 1, START + 240));
    const { said } = await lookFor(hostile, 60);
    expect(said.join()).to.match(/^NOT GUARDING: \d+ of 400 claims/);
  });
});
