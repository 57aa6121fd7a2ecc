import { rm } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { loadParameters } from "@orion/deploy";
import { contractInterface, type UnitRecord } from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";
import { openDemands, optionsOf } from "@orion/protocol/disputes";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import type { ContentStore } from "@orion/protocol/storage";
import { createWorker } from "@orion/worker";

import { jobOf } from "../../support/network/checks.ts";
import { HostileView, truthOf, type Wanted } from "../../support/network/hostile-demands.ts";
import { startHere, type Started } from "../../support/network/in-process.ts";
import { publishManifests } from "../../support/network/publish-manifest.ts";
import { journalDirOf, until } from "../../support/network/services.ts";
import { slowCompute, type Run } from "../../support/network/slow-compute.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { postTinyJob, type TinyJob, type TinyJobOptions } from "../../support/network/tiny-job.ts";
import { wideInputs, wideProgram } from "../../support/network/wide-program.ts";

const WORKER = ACCOUNTS.workers;
const ATTACKER = ACCOUNTS.stranger;
const STAKE = 1_000n * ORION;
/** More than any demand costs here; the rest stays the sender's balance. */
const PLENTY = 10n ** 17n;
const CLAIMS = 5;
const NODES = 9;
/** Index of the profile `standard`. */
const STANDARD = 1;

/**
 * An honest worker as slow as its rules allow it to be, with the clocks of the mainnet's `standard` profile: each trace, and each pass for values, takes a quarter of its turn, which the chain's
 * clock goes on by. What is not answered in time is refused by the judge, and the lock is lost.
 */
describe("the defence of an honest worker that is as slow as it may be", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let backend: Backend;
  /** Seconds that a run of the defence takes. */
  let slowness = 0;
  let runs: Run[] = [];
  let worker: Started | undefined;
  let gone = false;

  before(async () => {
    const { Orion } = await loadParameters("mainnet");
    running = await startTestNetwork({ fast: Orion.standard });
    backend = await createBackend({ mode: "webasm" });
    await running.stake(WORKER, STAKE);
    slowness = Orion.standard.kappa * Orion.standard.claimPeriod * 0.25;
    start();
  });
  after(async () => {
    await worker?.stop();
    await backend.dispose();
    await running.stop();
  });
  beforeEach(() => {
    runs = [];
  });

  function start(): void {
    const defenceBackend = slowCompute(backend, async (run) => {
      runs.push(run);
      await running.advance(slowness);
    });
    const { store, ...context } = running.context(WORKER);
    const journalDir = journalDirOf(running, WORKER);
    worker = startHere(
      createWorker(
        { ...context, store: losable(store), backend, defenceBackend, journalDir },
        { intervalMs: 50, checkRate: 0 },
      ),
    );
  }
  /** A store whose content is gone while `gone` is set. */
  const losable = (store: ContentStore): ContentStore => {
    const here = (): void => {
      if (gone) throw new UnavailableError("the poster has taken its data back");
    };
    return {
      ...store,
      getBytes: async (...args) => (here(), store.getBytes(...args)),
      getDag: async (...args) => (here(), store.getDag(...args)),
    };
  };
  const stop = async (): Promise<void> => {
    await worker?.stop();
    worker = undefined;
  };
  const units = async (job: TinyJob): Promise<UnitRecord[]> => [...(await jobOf(running, job)).units];
  /** Jobs whose units the worker has all committed. */
  const committed = async (...options: TinyJobOptions[]): Promise<TinyJob[]> => {
    const jobs: TinyJob[] = [];
    for (const one of options) jobs.push(await postTinyJob(running, one));
    await publishManifests(running, jobs);
    const done = async (job: TinyJob): Promise<boolean> =>
      (await units(job)).every(({ status }) => status === "committed");
    await until("the commits", async () => (await Promise.all(jobs.map(done))).every(Boolean));
    return jobs;
  };
  const viewsOf = async (job: TinyJob): Promise<HostileView[]> => {
    const truth = truthOf(job);
    const views = (await units(job)).map((unit) => new HostileView(running, job, unit, truth));
    for (const view of views) await view.refresh();
    return views;
  };
  const ask = async (view: HostileView, ...wanted: Wanted[]): Promise<void> => {
    for (const one of wanted) await running.sender(ATTACKER).send(view.call(one, PLENTY));
  };
  /** Waits for all answers; an answer that comes too late never comes. */
  const answered = async (views: readonly HostileView[]): Promise<void> => {
    const all = async (): Promise<boolean> => {
      const now = (await running.chain.provider.getBlock("latest"))?.timestamp ?? 0;
      for (const view of views) {
        await view.refresh();
        const late = openDemands(view.dispute).find(({ deadline }) => deadline < now);
        if (late !== undefined) throw new Error(`${late.what.kind} was not answered in time: the claim is lost`);
      }
      return views.every(({ open }) => open === 0);
    };
    await until("all answers", all);
  };

  it("gives an answer again that a reorganisation has taken away", async () => {
    const { chainProcess } = running;
    const rpc = (method: string, ...params: unknown[]): Promise<unknown> => chainProcess.rpc(method, params);
    const [job] = (await committed({ shards: 2, shardsPerClaim: 2 })) as [TinyJob];
    const [view] = (await viewsOf(job)) as [HostileView];
    const [top] = view.wanted() as [Wanted];
    await rpc("evm_setAutomine", false);
    const asking = ask(view, top);
    await until("the demand", async () => (await rpc("evm_mine"), await view.refresh(), view.open > 0));
    const snapshot = await rpc("evm_snapshot");
    await asking;
    await until("the answer", async () => (await rpc("evm_mine"), await view.refresh(), view.open === 0));
    // Whoever waits for the receipt has seen it by then.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const seen = await running.chain.provider.getBlockNumber();
    await rpc("evm_revert", snapshot);
    await rpc("evm_setAutomine", true);
    // The other chain overtakes what was seen of this one.
    while ((await running.chain.provider.getBlockNumber()) <= seen) await rpc("evm_mine");
    await view.refresh();
    expect(view.open).to.equal(1);
    await answered([view]);
  });

  it("answer-recompute: nine demands on one claim at once cost it one computation, and no lock", async () => {
    const content = { program: wideProgram(NODES), inputs: wideInputs(1) };
    const [job] = (await committed({ shards: 1, content })) as [TinyJob];
    const [view] = (await viewsOf(job)) as [HostileView];
    await ask(view, { kind: "shard", shard: 0 });
    await answered([view]);
    const inside = view.wanted().filter((wanted) => wanted.kind === "trace" && !view.computes(wanted));
    expect(inside).to.have.length(NODES);
    await ask(view, ...inside);
    await answered([view]);
    expect(runs).to.deep.equal(["trace"]);
    // All values of the shard are one more pass.
    const chunks = view.wanted().filter((wanted) => view.computes(wanted));
    expect(chunks).to.have.length(4 * NODES);
    await stop();
    await ask(view, ...chunks.slice(0, 12));
    start();
    await answered([view]);
    expect(runs).to.deep.equal(["trace", "values"]);
  });

  let overloaded: TinyJob;

  it("answer-overload: demands on all its claims at once are due one after the other, and it loses none", async () => {
    [overloaded] = (await committed({ shards: CLAIMS, shardsPerClaim: 1 })) as [TinyJob];
    const views = await viewsOf(overloaded);
    for (const view of views) await ask(view, { kind: "shard", shard: 0 });
    for (const view of views) await ask(view, ...view.wanted().filter(({ kind }) => kind === "block"));
    await answered(views);
    expect(runs).to.deep.equal(Array.from({ length: CLAIMS }, () => "trace"));
    const { answerPeriod } = await running.chain.contracts.disputes.profile(0);
    expect(CLAIMS * slowness).to.be.greaterThan(Number(answerPeriod));
  });

  it("answered-keys: after a restart it collects what answers of its earlier life were worth", async () => {
    await stop();
    await running.advance(2 * 86_400);
    const { market, disputes, registry } = running.chain.contracts;
    const data = market.interface.encodeFunctionData("settle", [
      overloaded.terms,
      (await units(overloaded)).map(({ index }) => index),
    ]);
    await running.sender(ATTACKER).send({ to: running.network.addresses.market, data, label: "settle" });
    expect((await jobOf(running, overloaded)).payments).to.have.length(CLAIMS);
    const { address } = accountAt(WORKER);
    const withdrawn = async (): Promise<bigint> =>
      (await disputes.queryFilter(disputes.filters.Withdrawn(address))).reduce(
        (sum, { args }) => sum + args.amount,
        0n,
      );
    expect(await withdrawn()).to.equal(0n);
    start();
    await until("the prepayments", async () => (await withdrawn()) > 0n);
    const events = await disputes.queryFilter(disputes.filters.PrepaymentReturned());
    const keys = new Set(events.map(({ args }) => args.key));
    expect((await units(overloaded)).filter(({ key }) => !keys.has(key))).to.deep.equal([]);
    expect(await withdrawn()).to.equal(events.reduce((sum, { args }) => sum + args.amount, 0n));
    const account = await registry.account(address, running.network.addresses.market);
    // The claim of the first test is still in its window.
    expect(account.free + account.locked).to.equal(STAKE);
  });

  it("one demand that cannot be answered does not keep the others from their answers", async () => {
    const [lost, kept] = (await committed({ shards: 1, seed: 21 }, { shards: 1, seed: 22 })) as [TinyJob, TinyJob];
    await stop();
    const [first, second] = [await viewsOf(lost), await viewsOf(kept)].flat() as [HostileView, HostileView];
    const dir = journalDirOf(running, WORKER);
    const { key } = first.of.unit;
    await rm(path.join(dir, "content", lost.jobId), { recursive: true });
    await rm(path.join(dir, "outputs", key), { recursive: true });
    gone = true;
    for (const view of [first, second]) await ask(view, ...view.wanted().filter(({ kind }) => kind === "block"));
    start();
    await answered([second]);
    await first.refresh();
    expect(first.open).to.equal(1);
    gone = false;
    await answered([first]);
  });

  it("what is due first is computed first, whatever was asked first", async () => {
    const soon = { options: optionsOf({ profile: STANDARD }) };
    const [patient, urgent] = (await committed({ shards: 1, seed: 31 }, { shards: 1, seed: 32, terms: soon })) as [
      TinyJob,
      TinyJob,
    ];
    await stop();
    slowness = 900;
    const views = [await viewsOf(patient), await viewsOf(urgent)].flat();
    for (const view of views) await ask(view, { kind: "shard", shard: 0 });
    start();
    await answered(views);
    const { disputes } = running.network.addresses;
    const topic = contractInterface("DisputeManager").getEvent("TraceAnswered")?.topicHash ?? "";
    const logs = await running.chain.provider.getLogs({ address: disputes, topics: [topic], fromBlock: 0 });
    const order = logs.slice(-2).map(({ topics }) => topics[2]);
    expect(order).to.deep.equal(views.map(({ of }) => of.unit.key).reverse());
  });
});
