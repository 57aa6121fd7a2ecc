import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";

import { contractInterface, type Sender } from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import { createBackend, createExecutor, memoryOf, type Backend, type Compute } from "@orion/protocol/kernels";
import { dagCidFromDigest, type ContentStore } from "@orion/protocol/storage";
import { createWorker, type WorkerContext, type WorkerProgress, type WorkerRules } from "@orion/worker";

import { automine, blocksEvery } from "../../support/network/block-times.ts";
import { jobOf } from "../../support/network/checks.ts";
import { recordingLogger, startHere, type LogLine, type Started } from "../../support/network/in-process.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { publishTinyJob } from "../../support/network/publish-manifest.ts";
import { journalDirOf, until } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import type { TinyJob } from "../../support/network/tiny-job.ts";
import { shardsMemory } from "../../../worker/rules.ts";

const CLAIM_PERIOD = 120;

describe("a worker with several units at once (profile)", function () {
  this.timeout(60_000);
  const account = ACCOUNTS.workers;
  let running: TestNetwork;
  let backend: Backend;
  let started: Started[] = [];

  before(async () => {
    running = await startTestNetwork({ fast: { claimPeriod: CLAIM_PERIOD, challengeWindow: 600 } });
    backend = await createBackend({ mode: "webasm" });
    for (const staker of [account, account + 1]) await running.stake(staker, 100n * ORION);
  });
  after(async () => {
    await backend.dispose();
    await running.stop();
  });
  afterEach(async () => {
    await Promise.all(started.map((one) => one.stop().catch(() => undefined)));
    started = [];
    await automine(running.chainProcess);
  });

  const start = (
    rules: WorkerRules,
    changes: Partial<ServiceContext & Pick<WorkerContext, "onProgress" | "backend">> = {},
  ): Started & { readonly lines: LogLine[] } => {
    const log = recordingLogger();
    const context = { ...running.context(account), backend, log, journalDir: journalDirOf(running, account) };
    const worker = createWorker({ ...context, ...changes }, { intervalMs: 50, checkRate: 0, ...rules });
    const one = { ...startHere(worker), lines: log.lines };
    started.push(one);
    return one;
  };
  const published = (shards: number, seed = 7): Promise<TinyJob> => publishTinyJob(running, { shards, seed });
  const statuses = async (job: TinyJob): Promise<string[]> =>
    [...(await jobOf(running, job)).units].map(({ status }) => status);

  it("claims several in one transaction, and downloads, computes and commits them side by side", async () => {
    const units = 12;
    const job = await published(units);
    await blocksEvery(running.chainProcess, 1);
    const seen: WorkerProgress[] = [];
    await start({ maxUnits: units }, { onProgress: (progress) => seen.push(progress) }).ended;
    expect(new Set(await statuses(job))).to.deep.equal(new Set(["committed"]));
    const { market } = running.chain.contracts;
    const claims = await market.queryFilter(market.filters.UnitClaimed(job.jobId));
    const commits = await market.queryFilter(market.filters.ClaimCommitted(job.jobId));
    const blocks = (logs: readonly { blockNumber: number }[]): number[] => logs.map(({ blockNumber }) => blockNumber);
    // One after the other takes two blocks a unit.
    expect(new Set(blocks([...claims, ...commits])).size).to.be.lessThan(units);
    expect(new Set(claims.map((log) => log.transactionHash)).size).to.be.lessThan(units);
    // Commits are transactions of their own, and several are in flight.
    expect(new Set(commits.map((log) => log.transactionHash)).size).to.equal(units);
    expect(new Set(blocks(commits)).size).to.be.lessThan(units);
    // Four at the start: others are downloaded, claimed and computed before any of those is committed.
    const firstCommit = seen.findIndex(({ kind }) => kind === "commit");
    const before = (kind: WorkerProgress["kind"]): number =>
      new Set(seen.slice(0, firstCommit).flatMap((p) => (p.kind === kind ? [p.unit] : []))).size;
    expect(before("claim")).to.be.at.least(4);
    expect(before("compute")).to.be.greaterThan(1);
    expect(before("download")).to.be.greaterThan(4);
  });

  it("computes one unit at a time, and keeps the programs of all claims open meanwhile", async () => {
    const jobs: TinyJob[] = [];
    for (let seed = 0; seed < 4; seed++) jobs.push(await published(2, seed));
    const watch = watching(backend);
    await start({ maxUnits: 8 }, { backend: watch.backend }).ended;
    for (const job of jobs) expect(await statuses(job)).to.deep.equal(["committed", "committed"]);
    // All units, and the trial with its trace.
    expect(watch.runs).to.equal(10);
    expect([watch.mostAtOnce, watch.disposedInUse]).to.deep.equal([1, 0]);
  });

  it("holds no more claims than fit into its memory, those of an earlier life included", async () => {
    const job = await published(10);
    await marketCalls(running, account).claim(job.terms, [0, 1]);
    const { program, facts } = job.program;
    const maxMemoryBytes = BigInt(memoryOf(program, "webasm").outputs) + shardsMemory(facts, 3);
    const { sender } = running.context(account);
    let [held, journalled] = [2, 0];
    const sizes: number[] = [];
    const watched = beforeClaims(sender, async (units) => {
      held += units.length;
      sizes.push(held - journalled);
    });
    const step = (name: string): void => {
      if (name === "worker:journalled") journalled++;
    };
    await start({ maxUnits: 10, maxMemoryBytes }, { sender: watched, step, backend: watching(backend).backend }).ended;
    expect(new Set(await statuses(job))).to.deep.equal(new Set(["committed"]));
    expect(held).to.equal(10);
    expect(Math.max(...sizes)).to.equal(3);
  });

  it("claims the others at once where somebody was faster with one unit of a batch", async () => {
    const job = await published(6);
    const batches: (readonly number[])[] = [];
    const { sender } = running.context(account);
    const outrun = beforeClaims(sender, async (units) => {
      batches.push(units);
      if (batches.length === 1) await marketCalls(running, account + 1).claim(job.terms, units.slice(1, 2));
    });
    // Only one look at the chain in all this time comes by itself.
    await start({ maxUnits: 5, intervalMs: 5_000 }, { sender: outrun }).ended;
    const [lost] = batches[0]!.slice(1, 2);
    const wanted = Array.from({ length: 6 }, (_, unit) => (unit === lost ? "claimed" : "committed"));
    expect(await statuses(job)).to.deep.equal(wanted);
    expect(batches.slice(1).flat().sort()).to.deep.equal([0, 1, 2, 3, 4, 5].filter((unit) => unit !== lost));
  });

  it("works on beside a claim whose content is missing, and commits that when it comes", async () => {
    const [missing, other] = [await published(1, 20), await published(3, 21)];
    await marketCalls(running, account).claim(missing.terms, [0]);
    const store = await withoutManifest(missing);
    const { ended } = start({ maxUnits: 4 }, { store });
    await until("the other job", async () => (await statuses(other)).every((status) => status === "committed"));
    expect(await statuses(missing)).to.deep.equal(["claimed"]);
    store.isThere = true;
    await ended;
    expect(await statuses(missing)).to.deep.equal(["committed"]);
  });

  it("claims nothing while too many stall to be ready in time should they all recover, and goes on after their deadline", async () => {
    const [missing, other] = [await published(2, 30), await published(3, 31)];
    await marketCalls(running, account).claim(missing.terms, [0, 1]);
    const store = await withoutManifest(missing);
    const { ended, lines } = start({ maxUnits: 3 }, { store });
    const failures = (unit: number): number =>
      lines.filter(({ fields, message }) => fields.unit === unit && message.includes("cannot be committed yet")).length;
    await until("failures", () => Promise.resolve(failures(0) >= 3 && failures(1) >= 3));
    expect(await statuses(other)).to.deep.equal(["free", "free", "free"]);
    await running.advance(CLAIM_PERIOD + 1);
    await ended;
    expect(await statuses(other)).to.deep.equal(["committed", "committed", "committed"]);
    expect(lines.filter(({ message }) => message === "the claim is lost: its deadline has passed")).to.have.length(2);
  });

  /** The store, without the manifest of a job until it is there. */
  async function withoutManifest(job: TinyJob): Promise<ContentStore & { isThere: boolean }> {
    const digests = (await jobOf(running, job)).manifests.map(({ digest }) => dagCidFromDigest(digest).toString());
    const store = {
      ...running.store,
      isThere: false,
      getDag: (...[cid, options]: Parameters<ContentStore["getDag"]>) =>
        digests.includes(cid.toString()) && !store.isThere
          ? Promise.reject(new UnavailableError("nobody has it"))
          : running.store.getDag(cid, options),
    };
    return store;
  }
});

/** The sender, which does something else before it sends a claim of some units. */
function beforeClaims(sender: Sender, first: (units: readonly number[]) => Promise<void>): Sender {
  return {
    address: sender.address,
    get lastBlock() {
      return sender.lastBlock;
    },
    async send(call) {
      if (call.label === "claim") {
        const { args } = contractInterface("JobMarket").parseTransaction(call) ?? {};
        await first((args?.[1] as bigint[]).map(Number));
      }
      return sender.send(call);
    },
  };
}

/** The backend as another process would be it, slow enough for several units to wait, and what it was asked for. */
function watching(backend: Backend) {
  const seen = { runs: 0, mostAtOnce: 0, disposedInUse: 0 };
  let atOnce = 0;
  const { name, mode, macsPerSecond, rates } = backend;
  const compute: Compute = {
    ...{ name, mode, macsPerSecond, rates },
    createExecutor(program, constants) {
      const real = createExecutor(program, constants, backend);
      let inUse = 0;
      const counted = async <T>(run: () => Promise<T>): Promise<T> => {
        seen.runs++;
        seen.mostAtOnce = Math.max(seen.mostAtOnce, ++atOnce);
        inUse++;
        try {
          await delay(30);
          return await run();
        } finally {
          atOnce--;
          inUse--;
        }
      };
      return {
        ...real,
        outputs: (inputs, options) => counted(() => real.outputs(inputs, options)),
        trace: (inputs, options) => counted(() => real.trace(inputs, options)),
        dispose() {
          if (inUse > 0) seen.disposedInUse++;
          real.dispose();
        },
      };
    },
  };
  return Object.assign(seen, { backend: compute });
}
