import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";
import type { CID } from "multiformats/cid";

import { createValidator } from "@orion/keepers";
import { UnitTable, type JobRecord, type Terms } from "@orion/protocol/chain";
import type { Clock } from "@orion/protocol/common";
import { dagCidFromDigest } from "@orion/protocol/storage";

import { recordingLogger } from "../../support/network/in-process.ts";

const START = 1_000_000;
const POSTER = "0x1111111111111111111111111111111111111111";
const WORKER = "0x2222222222222222222222222222222222222222";

/** A clock of which a test moves the hands. */
class HandClock implements Clock {
  #time = 1_000 * START;
  readonly #sleeping = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      const one = { until: this.#time + ms, wake };
      this.#sleeping.add(one);
      signal?.addEventListener("abort", () => wake(), { once: true });
      if (signal?.aborted === true) wake();
    });
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.#time += 1_000;
      for (const one of this.#sleeping) {
        if (one.until > this.#time) continue;
        this.#sleeping.delete(one);
        one.wake();
      }
      await new Promise(setImmediate);
    }
  }
}

function jobOf(name: string, claims: number, terms: Partial<Terms> = {}): JobRecord {
  const full: Terms = {
    ...{ poster: POSTER, salt: id(name), programRoot: id("p"), dataset: id(`dataset ${name}`), inputsRoot: id("i") },
    ...{ challengers: ZeroHash, rows: 64n, shards: 64, shardsPerClaim: 1, workPerShard: 1_000n, pricePerShard: 1_000n },
    ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n, options: 1, ...terms },
  };
  const units = new UnitTable(full);
  for (let i = 0; i < claims; i++) {
    const claim = { status: "committed" as const, worker: WORKER, provider: WORKER, windowEnd: START + 86_400 };
    units.update(i, { ...claim, key: id(`${name} ${String(i)}`), outputsRoot: id("o"), deadline: START + 86_400 });
  }
  const record = {
    ...{ jobId: id(`job ${name}`), terms: full, postedAtBlock: 1, units, results: [], payments: [], penalties: [] },
    manifests: [{ publisher: POSTER, digest: id(`manifest ${name}`), earnsFee: false }],
    ...{ settledShards: 0, cancelled: false, refunded: 0n, finishedAtBlock: undefined },
  };
  return record;
}

/** Has a validator look at jobs of whose content nobody serves anything. @returns the CIDs that were asked for */
async function lookFor(jobs: readonly JobRecord[], seconds: number): Promise<Set<string>> {
  const asked = new Set<string>();
  const clock = new HandClock();
  const state = { jobs: new Map(jobs.map((job) => [job.jobId, job])), gaps: 0 };
  const time = (): number => Math.floor(clock.now() / 1_000);
  const never = (cid: CID): Promise<never> => {
    asked.add(cid.toString());
    return new Promise(() => undefined);
  };
  const provider = {
    getBlockNumber: () => Promise.resolve(1),
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
    ...{ clock, log: recordingLogger(), sealSecret: id("secret") },
  };
  const stop = new AbortController();
  const running = createValidator(context as never).run(stop.signal);
  await clock.pass(seconds);
  stop.abort();
  // What hangs is let go by its limit.
  await Promise.race([running, clock.pass(200)]);
  return asked;
}

describe("a validator beside jobs whose content nobody serves", () => {
  const later = jobOf("later", 1);
  const manifest = dagCidFromDigest(id("manifest later")).toString();

  it("looks at a later claim at once, however many claims one of them has", async () => {
    const asked = await lookFor([jobOf("hostile", 8), later], 2);
    expect([...asked]).to.include(manifest);
  });

  it("looks at a later claim behind many of them, and behind lists of challengers that never come", async () => {
    const hostile = Array.from({ length: 6 }, (_, i) => jobOf(`unlisted ${String(i)}`, 4, { challengers: id("list") }));
    const asked = await lookFor([...hostile, later], 130);
    expect([...asked]).to.include(manifest);
  });
});
