import { symlinkSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";
import { Wallet } from "ethers";

import { connectChain, createMarketFollower, createSender, type Sender } from "@orion/protocol/chain";
import { type OrionError, silentLogger, systemClock } from "@orion/protocol/common";
import { WorkTally, type ServiceContext } from "@orion/protocol/jobs";
import { createBackend, estimateSeconds, workloadOf, type Backend } from "@orion/protocol/kernels";
import { createContentStore, type ContentStore } from "@orion/protocol/storage";
import { byteLength, type Tensor } from "@orion/protocol/tensor";
import { createWorker, Journal, type Worker, type WorkerRules } from "@orion/worker";

import { jobOf } from "../../support/network/checks.ts";
import { recordingLogger, startHere, type LogLine, type Started } from "../../support/network/in-process.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { publishTinyJob } from "../../support/network/publish-manifest.ts";
import { journalDirOf, until } from "../../support/network/services.ts";
import { startProxy } from "../../support/network/http-proxy.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import type { TinyJob, TinyJobOptions } from "../../support/network/tiny-job.ts";
import {
  poolInputs,
  POOLED_PER_SHARD,
  poolProgram,
  wideInputs,
  wideProgram,
} from "../../support/network/wide-program.ts";

interface Running extends Started {
  readonly worker: Worker;
  readonly lines: LogLine[];
}

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
  const account = ACCOUNTS.workers;
  let running: TestNetwork;
  let backend: Backend;
  let started: Running[] = [];

  before(async () => {
    running = await startTestNetwork({ fast: { claimPeriod: 60 } });
    backend = await createBackend({ mode: "webasm" });
    await running.stake(account, 100n * ORION);
  });
  after(async () => {
    await backend.dispose();
    await running.stop();
  });
  afterEach(async () => {
    await Promise.all(started.map((one) => one.stop().catch(() => undefined)));
    started = [];
  });

  const start = (
    rules: WorkerRules = {},
    changes: Partial<ServiceContext & { backend: Backend; tally: WorkTally }> = {},
  ): Running => {
    const log = recordingLogger();
    const context = {
      ...running.context(account),
      backend,
      log,
      journalDir: journalDirOf(running, account),
      ...changes,
    };
    const worker = createWorker(context, { intervalMs: 50, ...rules });
    const one = { ...startHere(worker), worker, lines: log.lines };
    started.push(one);
    return one;
  };
  const published = (shards: number, shardsPerClaim = 1, more: Omit<TinyJobOptions, "shards"> = {}): Promise<TinyJob> =>
    publishTinyJob(running, { shards, shardsPerClaim, ...more });
  const statuses = async (job: TinyJob): Promise<string[]> =>
    [...(await jobOf(running, job)).units].map(({ status }) => status);
  const refusal = (lines: readonly LogLine[], job: TinyJob): string | undefined =>
    lines.find(({ message, fields }) => fields.jobId === job.jobId && message.startsWith("not taken"))?.message;
  const finish = async (job: TinyJob): Promise<void> => {
    const { ended } = start({ maxUnits: (await jobOf(running, job)).units.freeCount });
    await ended;
  };

  /** This machine, but so fast or slow that it would take so many seconds for so many shards, by its rates. */
  const asFastAs = (whole: number, { program }: TinyJob, shards: number): Backend => {
    const factor = (shards * estimateSeconds(workloadOf(program.program), backend.rates)) / whole;
    const rates = Object.fromEntries(Object.entries(backend.rates).map(([name, rate]) => [name, rate * factor]));
    return { ...backend, rates: rates as Backend["rates"] };
  };

  it("claims nothing that it could not compute in half of the claim period", async () => {
    const job = await published(4, 4);
    // Four shards, 30 of 60 seconds: just too slow, then just fast enough.
    const slow = start({}, { backend: asFastAs(30.5, job, 4) });
    await until("a refusal", async () => refusal(slow.lines, job) !== undefined);
    await slow.stop();
    expect(refusal(slow.lines, job)).to.match(/a unit would take about 30.5 s of the 60 s that a claim may last/);
    expect(await statuses(job)).to.deep.equal(["free"]);
    await start({ maxUnits: 1 }, { backend: asFastAs(29, job, 4) }).ended;
    expect(await statuses(job)).to.deep.equal(["committed"]);
  });

  it("unpriced-time: counts the time of pools, which have no multiplications, before it claims", async () => {
    const content = { program: poolProgram(), inputs: poolInputs(2) };
    expect(content.program.facts.macs).to.equal(0n);
    const job = await published(2, 2, { content });
    // Nothing takes time but what is under the kernels: just too slow, then just fast enough.
    const free = Object.fromEntries(
      Object.keys(backend.rates).map((name) => [name, 1e15]),
    ) as unknown as Backend["rates"];
    const poolingFor = (seconds: number): Backend => ({
      ...backend,
      rates: { ...free, pooled: (2 * POOLED_PER_SHARD) / seconds },
    });
    const slow = start({}, { backend: poolingFor(30.5) });
    await until("a refusal", async () => refusal(slow.lines, job) !== undefined);
    await slow.stop();
    expect(refusal(slow.lines, job)).to.match(/a unit would take about 30.5 s of the 60 s that a claim may last/);
    expect(await statuses(job)).to.deep.equal(["free"]);
    await start({ maxUnits: 1 }, { backend: poolingFor(29) }).ended;
    expect(await statuses(job)).to.deep.equal(["committed"]);
  });

  it("disk-filled: fetches no weights of jobs that it refuses, and keeps nothing of them", async () => {
    const content = { program: wideProgram(1), inputs: wideInputs(1) };
    const jobs: TinyJob[] = [];
    for (let i = 0; i < 3; i++) jobs.push(await published(1, 1, { content }));
    const [weights] = content.program.constants as [Tensor];
    const { store } = running;
    let fetched = 0;
    const counting: ContentStore = {
      ...store,
      async getBytes(...args) {
        const bytes = await store.getBytes(...args);
        if (bytes.byteLength === byteLength(weights)) fetched++;
        return bytes;
      },
    };
    const slow = start({}, { backend: asFastAs(60, jobs[0] as TinyJob, 1), store: counting });
    await until("all refusals", async () => jobs.every((job) => refusal(slow.lines, job) !== undefined));
    await slow.stop();
    expect(fetched).to.equal(0);
    const kept = await readdir(`${journalDirOf(running, account)}/content`);
    expect(kept.filter((name) => jobs.some(({ jobId }) => jobId === name))).to.deep.equal([]);
    for (const job of jobs) await finish(job);
    // So that the count counts what it should.
    const quick = await published(1, 1, { content });
    await start({ maxUnits: 1 }, { store: counting }).ended;
    expect(await statuses(quick)).to.deep.equal(["committed"]);
    expect(fetched).to.be.greaterThan(0);
  });

  it("claims nothing that needs more memory than it may use, or pays less than it wants", async () => {
    const job = await published(1);
    for (const [rules, reason] of [
      [{ maxMemoryBytes: 100n }, /bytes of memory, the limit is 100/],
      [{ minPricePerWork: 1.01 }, /the price is too low/],
      [{ programs: [] }, /the program is not on the list/],
    ] as const) {
      const picky = start(rules);
      await until("a refusal", async () => refusal(picky.lines, job) !== undefined);
      await picky.stop();
      expect(refusal(picky.lines, job)).to.match(reason);
    }
    expect(await statuses(job)).to.deep.equal(["free"]);
    await finish(job);
  });

  it("without stake or gas money claims nothing, and does not spin", async () => {
    const job = await published(2);
    const poor = Wallet.createRandom();
    const log = recordingLogger();
    const sender = createSender({ chain: running.chain, wallet: poor, clock: systemClock, log });
    const stakeless = start({}, { sender, log });
    await delay(500);
    await stakeless.stop();
    expect(log.lines.filter(({ message }) => message.includes("not authorised")).length).to.be.within(1, 15);
    await stakeWithoutGas(running, poor.address);
    const penniless = start({}, { sender, log });
    await until("a refusal", async () => refusal(log.lines, job) !== undefined);
    await delay(500);
    await penniless.stop();
    expect(log.lines.filter(({ message }) => message.startsWith("not taken"))).to.have.length(1);
    expect(await statuses(job)).to.deep.equal(["free", "free"]);
    await finish(job);
  });

  it("takes up the claims of an earlier life before anything else", async () => {
    const job = await published(3);
    await marketCalls(running, account).claim(job.terms, [1]);
    await start({ maxUnits: 1 }).ended;
    expect(await statuses(job)).to.deep.equal(["free", "committed", "free"]);
    await finish(job);
  });

  it("leaves a claim whose deadline has passed to be expired, and goes on", async () => {
    const job = await published(2);
    await marketCalls(running, account).claim(job.terms, [0]);
    await running.advance(61);
    await start({ maxUnits: 1 }).ended;
    expect(await statuses(job)).to.deep.equal(["claimed", "committed"]);
  });

  it("commits what it has journalled, and nothing else", async () => {
    const job = await published(2);
    await marketCalls(running, account).claim(job.terms, [0]);
    const { key } = (await jobOf(running, job)).units.get(0);
    const journal = await Journal.open(journalDirOf(running, account));
    await journal.record({ key, outputsRoot: job.terms.salt, outputs: job.terms.dataset });
    journal.close();
    // An earlier life was about to sign this root; computing anew must never lead to another one.
    await start({ maxUnits: 1 }).ended;
    const unit = (await jobOf(running, job)).units.get(0);
    expect([unit.status, unit.outputsRoot]).to.deep.equal(["committed", job.terms.salt]);
    await finish(job);
  });

  it("signs no commit before its root is in the journal and its outputs are on disk", async () => {
    const job = await published(2);
    const seen: boolean[] = [];
    const { sender } = running.context(account);
    const dir = journalDirOf(running, account);
    const watched = calling(sender, "commit", async ({ data }) => {
      const { args } = running.chain.contracts.market.interface.parseTransaction({ data }) ?? {};
      const key = args?.[2] as string;
      const entry = JSON.parse(await readFile(`${dir}/${key}.json`, "utf8")) as { outputsRoot: string };
      seen.push(entry.outputsRoot === args?.[3], (await readdir(`${dir}/outputs/${key}`)).includes("roots"));
    });
    await start({ maxUnits: 2 }, { sender: watched }).ended;
    expect(seen).to.deep.equal([true, true, true, true]);
    expect(await statuses(job)).to.deep.equal(["committed", "committed"]);
  });

  it("disk-full: signs nothing while the disk is full, says so, goes on, and commits once there is room", async () => {
    const job = await published(1);
    await marketCalls(running, account).claim(job.terms, [0]);
    const { key } = (await jobOf(running, job)).units.get(0);
    let full = true;
    const step = (name: string): void => {
      // The entry's draft leads to a device that has no room.
      if (full && name === "worker:uploaded") {
        symlinkSync("/dev/full", `${journalDirOf(running, account)}/${key}.json.tmp`);
      }
    };
    const { ended, lines } = start({ maxUnits: 1 }, { step });
    const told = (): number => lines.filter(({ fields }) => fields.code === "JOURNAL").length;
    await until("a second attempt", () => Promise.resolve(told() >= 2));
    expect(await statuses(job)).to.deep.equal(["claimed"]);
    full = false;
    await ended;
    expect(await statuses(job)).to.deep.equal(["committed"]);
  });

  it("takes a commit that is made already for what it is, and loses no claim over it", async () => {
    const job = await published(1);
    const { sender } = running.context(account);
    const { lines } = start({}, { sender: calling(sender, "commit", (call) => sender.send(call)) });
    await until("the commit", () =>
      Promise.resolve(lines.some(({ message }) => message === "the claim is committed already")),
    );
    expect(lines.filter(({ level }) => level === "error" || level === "warn")).to.deep.equal([]);
    expect(await statuses(job)).to.deep.equal(["committed"]);
  });

  it("traces a shard before the first claim of a program, and none where it does not check", async () => {
    const job = await published(3);
    const tally = new WorkTally();
    await start({ maxUnits: 3, checkRate: 0 }, { tally }).ended;
    expect(await statuses(job)).to.deep.equal(["committed", "committed", "committed"]);
    expect([tally.traces, tally.checks]).to.deep.equal([1, 1]);
    expect(tally.hashing).to.be.greaterThan(0);
    const again = await published(2);
    const careful = new WorkTally();
    await start({ maxUnits: 2, checkRate: 1 }, { tally: careful }).ended;
    expect(await statuses(again)).to.deep.equal(["committed", "committed"]);
    expect([careful.traces, careful.checks]).to.deep.equal([3, 3]);
  });

  it("ends with the journal's error when that cannot be trusted, and signs nothing", async () => {
    const job = await published(1);
    await marketCalls(running, account).claim(job.terms, [0]);
    const { key } = (await jobOf(running, job)).units.get(0);
    const file = `${journalDirOf(running, account)}/${key}.json`;
    await writeFile(file, "{");
    const damaged = start();
    // Earlier claims are at stake: they are defended on, whatever has ended the work.
    const told = (): boolean => damaged.lines.some(({ message }) => message.includes("the work has ended"));
    await until("the end of the work", () => Promise.resolve(told()));
    const error: unknown = await damaged.stop().catch((reason: unknown) => reason);
    expect((error as OrionError).code).to.equal("JOURNAL");
    expect(await statuses(job)).to.deep.equal(["claimed"]);
    await rm(file);
    await start({ maxUnits: 1 }).ended;
    expect(await statuses(job)).to.deep.equal(["committed"]);
  });

  it("refuses to start beside another worker with the same journal", async () => {
    const first = start();
    await delay(50);
    const error: unknown = await start().ended.catch((reason: unknown) => reason);
    expect((error as OrionError).code).to.equal("CONFIGURATION");
    await first.stop();
  });

  it("finishes what it holds when it is drained, then ends", async () => {
    const job = await published(6);
    const drained = start();
    await until("a claim", async () => (await jobOf(running, job)).units.freeCount < 6);
    drained.worker.drain();
    await drained.ended;
    const left = await statuses(job);
    expect(left).to.not.include("claimed");
    expect(left).to.include("committed");
    await finish(job);
  });

  for (const mode of ["refuse", "drop"] as const) {
    it(`goes on when chain and IPFS ${mode} for a while`, async () => {
      const rpc = await startProxy({ target: running.chainProcess.url });
      const ipfs = await startProxy({ target: running.ipfs.url });
      const network = { ...running.network, rpcUrl: rpc.url };
      const chain = await connectChain(network);
      const wallet = accountAt(account);
      const sender = createSender({ chain, wallet, clock: systemClock, log: silentLogger, pollMs: 20 });
      const store = createContentStore({ url: ipfs.url, retries: 0 });
      const job = await published(12);
      // Pauses of seconds last a twentieth here.
      const clock = {
        now: () => Date.now() * 20,
        sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 20, signal),
      };
      const follower = createMarketFollower({ chain });
      const worker = start({ maxUnits: 12, intervalMs: 1_000 }, { chain, sender, store, follower, clock });
      await until("some commits", async () => (await statuses(job)).filter((s) => s === "committed").length > 1);
      ipfs.mode = mode;
      await delay(300);
      rpc.mode = mode;
      await delay(700);
      ipfs.mode = "pass";
      rpc.mode = "pass";
      await worker.ended;
      expect(new Set(await statuses(job))).to.deep.equal(new Set(["committed"]));
      expect((await jobOf(running, job)).penalties).to.deep.equal([]);
      chain.close();
      await Promise.all([rpc.stop(), ipfs.stop()]);
    });
  }
});

/** Stake that another pays for; the provider itself authorises, with coin that is taken from it afterwards. */
async function stakeWithoutGas(running: TestNetwork, provider: string): Promise<void> {
  const { orion, registry } = running.chain.contracts;
  const { addresses } = running.network;
  const send = (to: string, data: string, label: string): Promise<unknown> =>
    running.sender(ACCOUNTS.deployer).send({ to, data, label });
  await send(
    addresses.orion,
    orion.interface.encodeFunctionData("approve", [addresses.registry, 10n * ORION]),
    "approve",
  );
  const stake = registry.interface.encodeFunctionData("stake", [provider, addresses.market, 10n * ORION]);
  await send(addresses.registry, stake, "stake");
  await running.chainProcess.rpc("hardhat_impersonateAccount", [provider]);
  await running.chainProcess.rpc("hardhat_setBalance", [provider, "0xde0b6b3a7640000"]);
  const authorise = registry.interface.encodeFunctionData("authorise", [addresses.market, true]);
  await running.chainProcess.rpc("eth_sendTransaction", [{ from: provider, to: addresses.registry, data: authorise }]);
  await running.chainProcess.rpc("hardhat_setBalance", [provider, "0x0"]);
}
