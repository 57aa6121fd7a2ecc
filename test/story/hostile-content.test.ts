import path from "node:path";

import { expect } from "chai";

import { createAggregator, createOrchestrator, createUpkeepKeeper } from "@orion/keepers";
import { encodeTerms, type Terms } from "@orion/protocol/chain";
import { fromHex } from "@orion/protocol/common";
import { loadDataset, putManifest, shardDataset, type ServiceContext } from "@orion/protocol/jobs";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import {
  cidOfBlock,
  createContentStore,
  dagCidFromDigest,
  digestFromDagCid,
  RAW,
  type ContentStore,
} from "@orion/protocol/storage";
import { encodeNpy } from "@orion/protocol/tensor";
import { createWorker, type WorkerRules } from "@orion/worker";

import { expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";
import { recordingLogger, startHere, type LogLine, type Started } from "../support/network/in-process.ts";
import { startLyingPeer } from "../support/network/lying-peer.ts";
import { marketCalls } from "../support/network/market-calls.ts";
import { until } from "../support/network/services.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { expectedResult, NO_KEEPER, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

const FAST = { intervalMs: 50 };

describe("content that lies, misleads or is missing", function () {
  this.timeout(120_000);
  const worker = ACCOUNTS.workers;
  let running: TestNetwork;
  let backend: Backend;

  before(async () => {
    running = await startTestNetwork();
    backend = await createBackend({ mode: "webasm" });
    for (const account of [worker, worker + 1]) await running.stake(account, 100n * ORION);
  });
  after(async () => {
    await backend.dispose();
    await running.stop();
  });

  const startWorker = (
    account: number,
    store: ContentStore,
    rules: WorkerRules = {},
  ): Started & { lines: LogLine[] } => {
    const log = recordingLogger();
    const context: ServiceContext = { ...running.context(account), store, log };
    const journalDir = path.join(running.dir, `journal-${String(account)}`);
    const service = createWorker({ ...context, backend, journalDir }, { ...FAST, ...rules });
    return { ...startHere(service), lines: log.lines };
  };
  const startKeepers = (): Started[] => [
    startHere(createUpkeepKeeper(running.context(ACCOUNTS.upkeep), FAST)),
    startHere(createAggregator(running.context(ACCOUNTS.aggregator), FAST)),
  ];
  const orchestrate = async (jobs: readonly TinyJob[]): Promise<void> => {
    const orchestrator = startHere(createOrchestrator(running.context(ACCOUNTS.orchestrator), FAST));
    const published = async (): Promise<boolean> => {
      const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
      return records.every(({ manifests }) => manifests.some(({ earnsFee }) => earnsFee));
    };
    await until("the manifests", published);
    await orchestrator.stop();
  };
  const done = (job: TinyJob) => async (): Promise<boolean> => (await jobOf(running, job)).results.length > 0;
  const refusedAt = (lines: readonly LogLine[], job: TinyJob): LogLine | undefined =>
    lines.find(({ fields, message }) => fields.jobId === job.jobId && message.startsWith("not taken"));
  /** A manifest as `storeIt` of the shards makes it; the poster publishes it. */
  const publishOwn = async (job: TinyJob, store: ContentStore): Promise<void> => {
    const files = { shared: [], inputs: [encodeNpy(job.images)] };
    const dataset = await shardDataset(job.program, files, { sha256: nativeSha256 });
    const { program } = await loadDataset(running.store, dagCidFromDigest(job.terms.dataset));
    const cid = await putManifest(store, { jobId: job.jobId, terms: job.terms, program, dataset });
    await marketCalls(running, ACCOUNTS.poster).publishManifest(job.terms, digestFromDagCid(cid));
  };

  it("a peer that falsifies every block gets no claim out of a worker", async () => {
    const job = await postTinyJob(running, { shards: 3, terms: NO_KEEPER });
    await publishOwn(job, running.store);
    const peer = await startLyingPeer(running.ipfs.url);
    const deceived = startWorker(worker, createContentStore({ url: peer.url, retries: 0 }));
    await until("a refusal", async () => refusedAt(deceived.lines, job) !== undefined);
    await deceived.stop();
    await peer.stop();
    expect(peer.lies).to.be.greaterThan(0);
    expect((await jobOf(running, job)).units.freeCount).to.equal(3);
    await marketCalls(running, ACCOUNTS.poster).cancel(job.terms);
  });

  it("a worker finds the right manifest among a stranger's wrong ones, and an aggregator the right result", async () => {
    const job = await postTinyJob(running, { shards: 4 });
    await publishGarbage(running, job);
    const honest = startWorker(worker, running.store);
    await until("a refusal", async () => refusedAt(honest.lines, job) !== undefined);
    expect((await jobOf(running, job)).units.freeCount).to.equal(4);
    await marketCalls(running, ACCOUNTS.stranger).publishResult(job.jobId, job.terms.salt, job.terms.dataset);
    await orchestrate([job]);
    const keepers = startKeepers();
    await until("a result", async () => (await jobOf(running, job)).results.length > 1);
    await Promise.all([honest, ...keepers].map((service) => service.stop()));
    const { tensor } = await rightResult(running, job);
    expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
    await expectSettledBooks(running, [job], [worker]);
  });

  it("a job of wrongly stated work, or with withheld data, is never claimed, however well it pays", async () => {
    const { facts } = (await postTinyJob(running, { shards: 1, terms: NO_KEEPER })).program;
    const rich = { ...NO_KEEPER, pricePerShard: facts.work * 3n };
    const lying = await postTinyJob(running, { shards: 2, terms: { ...rich, workPerShard: facts.work + 1n } });
    const withheld = await postTinyJob(running, { shards: 2, terms: rich, seed: 99 });
    await publishOwn(lying, running.store);
    await publishOwn(withheld, withoutShards(running.store, facts.shardTypes.length));
    const good = await postTinyJob(running, { shards: 2, terms: NO_KEEPER });
    await publishOwn(good, running.store);
    const careful = startWorker(worker + 1, running.store);
    const keepers = startKeepers();
    await until("a result", done(good));
    await Promise.all([careful, ...keepers].map((service) => service.stop()));
    for (const job of [lying, withheld]) {
      expect((await jobOf(running, job)).units.freeCount, "free units").to.equal(2);
      expect((await jobOf(running, job)).payments).to.deep.equal([]);
    }
    expect(refusedAt(careful.lines, lying)?.message).to.match(/units of work per shard/);
    expect(refusedAt(careful.lines, withheld)?.message).to.match(/does not have/);
  });

  it("an orchestrator publishes no manifest of a data set that is not the one of the terms", async () => {
    const lying = await postTinyJob(running, { shards: 2, seed: 5, terms: { inputsRoot: `0x${"5".repeat(64)}` } });
    const good = await postTinyJob(running, { shards: 2, seed: 6 });
    const log = recordingLogger();
    const context = { ...running.context(ACCOUNTS.orchestrator), log };
    const orchestrator = startHere(createOrchestrator(context, FAST));
    const manifests = async (job: TinyJob): Promise<number> => (await jobOf(running, job)).manifests.length;
    const told = (): LogLine | undefined =>
      log.lines.find(({ message, fields }) => fields.jobId === lying.jobId && message.includes("inputs root"));
    await until("a refusal and a manifest", async () => {
      // Were it published, nothing more would be waited for.
      return (told() !== undefined || (await manifests(lying)) > 0) && (await manifests(good)) > 0;
    });
    await orchestrator.stop();
    expect(await manifests(lying)).to.equal(0);
    expect(told()).not.to.equal(undefined);
    for (const { terms } of [lying, good]) await marketCalls(running, ACCOUNTS.poster).cancel(terms);
  });

  it("a job that is cancelled midway pays what was committed and refunds the rest", async () => {
    const { credits, market } = running.chain.contracts;
    const poster = accountAt(ACCOUNTS.poster).address;
    const escrowBefore = await credits.balanceOf(running.network.addresses.market);
    const job = await postTinyJob(running, { shards: 8, terms: { pricePerShard: 10n ** 6n } });
    const { terms } = job;
    await orchestrate([job]);
    const few = startWorker(worker, running.store, { maxUnits: 3 });
    await few.ended;
    const before = await credits.balanceOf(poster);
    await marketCalls(running, ACCOUNTS.poster).cancel(terms);
    const refund = 5n * (terms.pricePerShard + terms.keeperFee) - (5n * terms.keeperFee) / 10n;
    expect((await credits.balanceOf(poster)) - before).to.equal(refund);
    const upkeep = startHere(createUpkeepKeeper(running.context(ACCOUNTS.upkeep), FAST));
    await until("settlement", async () => (await jobOf(running, job)).settledShards === 3);
    await upkeep.stop();
    expect((await market.job(job.jobId)).remainingEscrow).to.equal(0n);
    expect(await credits.balanceOf(running.network.addresses.market)).to.equal(escrowBefore);
  });
});

/** What strangers publish for somebody else's job, in the order of their hostility. */
async function publishGarbage(running: TestNetwork, job: TinyJob): Promise<void> {
  const { store } = running;
  const stranger = marketCalls(running, ACCOUNTS.stranger);
  const digests = [job.terms.salt, digestFromDagCid(await store.putDag({ hello: "world" }))];
  digests.push(digestFromDagCid(await store.putDag(await manifestLike(store, job, {}))));
  digests.push(digestFromDagCid(await store.putDag(await manifestLike(store, job, { poster: accountAt(0).address }))));
  for (const digest of digests) await stranger.publishManifest(job.terms, digest);
}

/** A manifest with the right roots whose pages lead to nothing but noise. */
async function manifestLike(
  store: ContentStore,
  job: TinyJob,
  changed: Partial<Terms>,
): Promise<Record<string, unknown>> {
  const files = { shared: [], inputs: [encodeNpy(job.images)] };
  const dataset = await shardDataset(job.program, files, { sha256: nativeSha256 });
  const noise = await store.putBytes(new Uint8Array(72).fill(5));
  const { program } = await loadDataset(store, dagCidFromDigest(job.terms.dataset));
  const shards = Array.from({ length: dataset.shards }, () => [noise]);
  return {
    orion: "manifest/1",
    job: fromHex(job.jobId),
    terms: fromHex(encodeTerms({ ...job.terms, ...changed })),
    program,
    roots: await store.putBytes(dataset.slotRoots),
    shared: [],
    pages: [await store.putDag({ orion: "page/1", first: 0, shards })],
  };
}

/** A store that keeps documents and drops the shards that it is given. */
function withoutShards(store: ContentStore, slots: number): ContentStore {
  const isRoots = (bytes: Uint8Array): boolean => bytes.length === 2 * slots * 32;
  return {
    ...store,
    putBytes: (bytes) => (isRoots(bytes) ? store.putBytes(bytes) : cidOfBlock(RAW, bytes)),
    putMany: async (contents) => {
      const cids = [];
      for await (const bytes of contents) cids.push(await cidOfBlock(RAW, bytes));
      return cids;
    },
  };
}
