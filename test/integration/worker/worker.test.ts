import { symlinkSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";

import { connectChain, createMarketFollower, createSender, type Sender } from "@orion/protocol/chain";
import { type OrionError, silentLogger, systemClock } from "@orion/protocol/common";
import { WorkTally } from "@orion/protocol/jobs";
import { createContentStore } from "@orion/protocol/storage";
import { Journal } from "@orion/worker";

import { jobOf } from "../../support/network/checks.ts";
import { startProxy } from "../../support/network/http-proxy.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { journalDirOf, until } from "../../support/network/services.ts";
import { accountAt } from "../../support/network/test-network.ts";
import { ACCOUNT, WorkerBench } from "./support.ts";

type Call = Parameters<Sender["send"]>[0];

/** The sender, which does something else before it sends what has that label. */
function calling(sender: Sender, label: string, first: (call: Call) => Promise<unknown>): Sender {
  return {
    address: sender.address,
    get lastBlock() {
      return sender.lastBlock;
    },
    async send(call) {
      if (call.label === label) await first(call);
      return sender.send(call);
    },
  };
}

describe("createWorker", function () {
  this.timeout(60_000);
  let bench: WorkerBench;

  before(async () => {
    bench = await WorkerBench.open();
  });
  after(() => bench.close());
  afterEach(() => bench.stopWorkers());

  it("takes up the claims of an earlier life before anything else", async () => {
    const job = await bench.published(3);
    await marketCalls(bench.running, ACCOUNT).claim(job.terms, [1]);
    await bench.start({ maxUnits: 1 }).ended;
    expect(await bench.statuses(job)).to.deep.equal(["free", "committed", "free"]);
    await bench.finish(job);
  });

  it("leaves a claim whose deadline has passed to be expired, and goes on", async () => {
    const job = await bench.published(2);
    await marketCalls(bench.running, ACCOUNT).claim(job.terms, [0]);
    await bench.running.advance(61);
    await bench.start({ maxUnits: 1 }).ended;
    expect(await bench.statuses(job)).to.deep.equal(["claimed", "committed"]);
  });

  it("commits what it has journalled, and nothing else", async () => {
    const job = await bench.published(2);
    await marketCalls(bench.running, ACCOUNT).claim(job.terms, [0]);
    const { key } = (await jobOf(bench.running, job)).units.get(0);
    const journal = await Journal.open(journalDirOf(bench.running, ACCOUNT));
    await journal.record({ key, outputsRoot: job.terms.salt, outputs: job.terms.dataset });
    journal.close();
    // An earlier life was about to sign this root; computing anew must never lead to another one.
    await bench.start({ maxUnits: 1 }).ended;
    const unit = (await jobOf(bench.running, job)).units.get(0);
    expect([unit.status, unit.outputsRoot]).to.deep.equal(["committed", job.terms.salt]);
    await bench.finish(job);
  });

  it("signs no commit before its root is in the journal and its outputs are on disk", async () => {
    const job = await bench.published(2);
    const seen: boolean[] = [];
    const { sender } = bench.running.context(ACCOUNT);
    const dir = journalDirOf(bench.running, ACCOUNT);
    const watched = calling(sender, "commit", async ({ data }) => {
      const { args } = bench.running.chain.contracts.market.interface.parseTransaction({ data }) ?? {};
      const key = args?.[2] as string;
      const entry = JSON.parse(await readFile(`${dir}/${key}.json`, "utf8")) as { outputsRoot: string };
      seen.push(entry.outputsRoot === args?.[3], (await readdir(`${dir}/outputs/${key}`)).includes("roots"));
    });
    await bench.start({ maxUnits: 2 }, { sender: watched }).ended;
    expect(seen).to.deep.equal([true, true, true, true]);
    expect(await bench.statuses(job)).to.deep.equal(["committed", "committed"]);
  });

  it("disk-full: signs nothing while the disk is full, says so, goes on, and commits once there is room", async () => {
    const job = await bench.published(1);
    await marketCalls(bench.running, ACCOUNT).claim(job.terms, [0]);
    const { key } = (await jobOf(bench.running, job)).units.get(0);
    let full = true;
    const step = (name: string): void => {
      // The entry's draft leads to a device that has no room.
      if (full && name === "worker:uploaded") {
        symlinkSync("/dev/full", `${journalDirOf(bench.running, ACCOUNT)}/${key}.json.tmp`);
      }
    };
    const { ended, lines } = bench.start({ maxUnits: 1 }, { step });
    const told = (): number => lines.filter(({ fields }) => fields.code === "JOURNAL").length;
    await until("a second attempt", () => Promise.resolve(told() >= 2));
    expect(await bench.statuses(job)).to.deep.equal(["claimed"]);
    full = false;
    await ended;
    expect(await bench.statuses(job)).to.deep.equal(["committed"]);
  });

  it("takes a commit that is made already for what it is, and loses no claim over it", async () => {
    const job = await bench.published(1);
    const { sender } = bench.running.context(ACCOUNT);
    const { lines } = bench.start({}, { sender: calling(sender, "commit", (call) => sender.send(call)) });
    await until("the commit", () =>
      Promise.resolve(lines.some(({ message }) => message === "the claim is committed already")),
    );
    expect(lines.filter(({ level }) => level === "error" || level === "warn")).to.deep.equal([]);
    expect(await bench.statuses(job)).to.deep.equal(["committed"]);
  });

  it("traces a shard before the first claim of a program, and none where it does not check", async () => {
    const job = await bench.published(3);
    const tally = new WorkTally();
    await bench.start({ maxUnits: 3, checkRate: 0 }, { tally }).ended;
    expect(await bench.statuses(job)).to.deep.equal(["committed", "committed", "committed"]);
    expect([tally.traces, tally.checks]).to.deep.equal([1, 1]);
    expect(tally.hashing).to.be.greaterThan(0);
    const again = await bench.published(2);
    const careful = new WorkTally();
    await bench.start({ maxUnits: 2, checkRate: 1 }, { tally: careful }).ended;
    expect(await bench.statuses(again)).to.deep.equal(["committed", "committed"]);
    expect([careful.traces, careful.checks]).to.deep.equal([3, 3]);
  });

  it("ends with the journal's error when that cannot be trusted, and signs nothing", async () => {
    const job = await bench.published(1);
    await marketCalls(bench.running, ACCOUNT).claim(job.terms, [0]);
    const { key } = (await jobOf(bench.running, job)).units.get(0);
    const file = `${journalDirOf(bench.running, ACCOUNT)}/${key}.json`;
    await writeFile(file, "{");
    const damaged = bench.start();
    // Earlier claims are at stake: they are defended on, whatever has ended the work.
    const told = (): boolean => damaged.lines.some(({ message }) => message.includes("the work has ended"));
    await until("the end of the work", () => Promise.resolve(told()));
    const error: unknown = await damaged.stop().catch((reason: unknown) => reason);
    expect((error as OrionError).code).to.equal("JOURNAL");
    expect(await bench.statuses(job)).to.deep.equal(["claimed"]);
    await rm(file);
    await bench.start({ maxUnits: 1 }).ended;
    expect(await bench.statuses(job)).to.deep.equal(["committed"]);
  });

  it("refuses to start beside another worker with the same journal", async () => {
    const first = bench.start();
    await delay(50);
    const error: unknown = await bench.start().ended.catch((reason: unknown) => reason);
    expect((error as OrionError).code).to.equal("CONFIGURATION");
    await first.stop();
  });

  it("finishes what it holds when it is drained, then ends", async () => {
    const job = await bench.published(6);
    const drained = bench.start();
    await until("a claim", async () => (await jobOf(bench.running, job)).units.freeCount < 6);
    drained.worker.drain();
    await drained.ended;
    const left = await bench.statuses(job);
    expect(left).to.not.include("claimed");
    expect(left).to.include("committed");
    await bench.finish(job);
  });

  for (const mode of ["refuse", "drop"] as const) {
    it(`goes on when chain and IPFS ${mode} for a while`, async () => {
      const rpc = await startProxy({ target: bench.running.chainProcess.url });
      const ipfs = await startProxy({ target: bench.running.ipfs.url });
      const network = { ...bench.running.network, rpcUrl: rpc.url };
      const chain = await connectChain(network);
      const wallet = accountAt(ACCOUNT);
      const sender = createSender({ chain, wallet, clock: systemClock, log: silentLogger, pollMs: 20 });
      const store = createContentStore({ url: ipfs.url, retries: 0 });
      const job = await bench.published(12);
      // Pauses of seconds last a twentieth here.
      const clock = {
        now: () => Date.now() * 20,
        sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 20, signal),
      };
      const follower = createMarketFollower({ chain });
      const worker = bench.start({ maxUnits: 12, intervalMs: 1_000 }, { chain, sender, store, follower, clock });
      await until("some commits", async () => (await bench.statuses(job)).filter((s) => s === "committed").length > 1);
      ipfs.mode = mode;
      await delay(300);
      rpc.mode = mode;
      await delay(700);
      ipfs.mode = "pass";
      rpc.mode = "pass";
      await worker.ended;
      expect(new Set(await bench.statuses(job))).to.deep.equal(new Set(["committed"]));
      expect((await jobOf(bench.running, job)).penalties).to.deep.equal([]);
      chain.close();
      await Promise.all([rpc.stop(), ipfs.stop()]);
    });
  }
});
