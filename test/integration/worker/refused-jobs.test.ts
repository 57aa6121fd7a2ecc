import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";
import { Wallet } from "ethers";

import { createSender } from "@orion/protocol/chain";
import { systemClock } from "@orion/protocol/common";
import { estimateSeconds, workloadOf, type Backend } from "@orion/protocol/kernels";
import type { ContentStore } from "@orion/protocol/storage";
import { byteLength, type Tensor } from "@orion/protocol/tensor";

import { recordingLogger, type LogLine } from "../../support/network/in-process.ts";
import { journalDirOf, until } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, type TestNetwork } from "../../support/network/test-network.ts";
import type { TinyJob } from "../../support/network/tiny-job.ts";
import {
  poolInputs,
  POOLED_PER_SHARD,
  poolProgram,
  wideInputs,
  wideProgram,
} from "../../support/network/wide-program.ts";
import { ACCOUNT, WorkerBench } from "./support.ts";

describe("a worker that refuses jobs", function () {
  this.timeout(60_000);
  let bench: WorkerBench;

  before(async () => {
    bench = await WorkerBench.open();
  });
  after(() => bench.close());
  afterEach(() => bench.stopWorkers());

  const refusal = (lines: readonly LogLine[], job: TinyJob): string | undefined =>
    lines.find(({ message, fields }) => fields.jobId === job.jobId && message.startsWith("not taken"))?.message;

  /** This machine, but so fast or slow that it would take so many seconds for so many shards, by its rates. */
  const asFastAs = (whole: number, { program }: TinyJob, shards: number): Backend => {
    const factor =
      (shards * estimateSeconds(workloadOf(program.program, bench.backend.mode), bench.backend.rates)) / whole;
    const rates = Object.fromEntries(Object.entries(bench.backend.rates).map(([name, rate]) => [name, rate * factor]));
    return { ...bench.backend, rates: rates as Backend["rates"] };
  };

  it("claims nothing that it could not compute in half of the claim period", async () => {
    const job = await bench.published(4, 4);
    // Four shards, 30 of 60 seconds: just too slow, then just fast enough.
    const slow = bench.start({}, { backend: asFastAs(30.5, job, 4) });
    await until("a refusal", async () => refusal(slow.lines, job) !== undefined);
    await slow.stop();
    expect(refusal(slow.lines, job)).to.match(/a unit would take about 30.5 s of the 60 s that a claim may last/);
    expect(await bench.statuses(job)).to.deep.equal(["free"]);
    await bench.start({ maxUnits: 1 }, { backend: asFastAs(29, job, 4) }).ended;
    expect(await bench.statuses(job)).to.deep.equal(["committed"]);
  });

  it("unpriced-time: counts the time of pools, which have no multiplications, before it claims", async () => {
    const content = { program: poolProgram(), inputs: poolInputs(2) };
    expect(content.program.facts.macs).to.equal(0n);
    const job = await bench.published(2, 2, { content });
    // Nothing takes time but what is under the kernels: just too slow, then just fast enough.
    const free = Object.fromEntries(
      Object.keys(bench.backend.rates).map((name) => [name, 1e15]),
    ) as unknown as Backend["rates"];
    const poolingFor = (seconds: number): Backend => ({
      ...bench.backend,
      rates: { ...free, pooled: (2 * POOLED_PER_SHARD) / seconds },
    });
    const slow = bench.start({}, { backend: poolingFor(30.5) });
    await until("a refusal", async () => refusal(slow.lines, job) !== undefined);
    await slow.stop();
    expect(refusal(slow.lines, job)).to.match(/a unit would take about 30.5 s of the 60 s that a claim may last/);
    expect(await bench.statuses(job)).to.deep.equal(["free"]);
    await bench.start({ maxUnits: 1 }, { backend: poolingFor(29) }).ended;
    expect(await bench.statuses(job)).to.deep.equal(["committed"]);
  });

  it("disk-filled: fetches no weights of jobs that it refuses, and keeps nothing of them", async () => {
    const content = { program: wideProgram(1), inputs: wideInputs(1) };
    const jobs: TinyJob[] = [];
    for (let i = 0; i < 3; i++) jobs.push(await bench.published(1, 1, { content }));
    const [weights] = content.program.constants as [Tensor];
    const { store } = bench.running;
    let fetched = 0;
    const counting: ContentStore = {
      ...store,
      async getBytes(...args) {
        const bytes = await store.getBytes(...args);
        if (bytes.byteLength === byteLength(weights)) fetched++;
        return bytes;
      },
    };
    const slow = bench.start({}, { backend: asFastAs(60, jobs[0] as TinyJob, 1), store: counting });
    await until("all refusals", async () => jobs.every((job) => refusal(slow.lines, job) !== undefined));
    await slow.stop();
    expect(fetched).to.equal(0);
    const kept = await readdir(`${journalDirOf(bench.running, ACCOUNT)}/content`);
    expect(kept.filter((name) => jobs.some(({ jobId }) => jobId === name))).to.deep.equal([]);
    for (const job of jobs) await bench.finish(job);
    // So that the count counts what it should.
    const quick = await bench.published(1, 1, { content });
    await bench.start({ maxUnits: 1 }, { store: counting }).ended;
    expect(await bench.statuses(quick)).to.deep.equal(["committed"]);
    expect(fetched).to.be.greaterThan(0);
  });

  it("claims nothing that needs more memory than it may use, or pays less than it wants", async () => {
    const job = await bench.published(1);
    for (const [rules, reason] of [
      [{ maxMemoryBytes: 100n }, /bytes of memory, the limit is 100/],
      [{ minPricePerWork: 1.01 }, /the price is too low/],
      [{ programs: [] }, /the program is not on the list/],
    ] as const) {
      const picky = bench.start(rules);
      await until("a refusal", async () => refusal(picky.lines, job) !== undefined);
      await picky.stop();
      expect(refusal(picky.lines, job)).to.match(reason);
    }
    expect(await bench.statuses(job)).to.deep.equal(["free"]);
    await bench.finish(job);
  });

  it("without stake or gas money claims nothing, and does not spin", async () => {
    const job = await bench.published(2);
    const poor = Wallet.createRandom();
    const log = recordingLogger();
    const sender = createSender({ chain: bench.running.chain, wallet: poor, clock: systemClock, log });
    const stakeless = bench.start({}, { sender, log });
    await delay(500);
    await stakeless.stop();
    expect(log.lines.filter(({ message }) => message.includes("not authorised")).length).to.be.within(1, 15);
    await stakeWithoutGas(bench.running, poor.address);
    const penniless = bench.start({}, { sender, log });
    await until("a refusal", async () => refusal(log.lines, job) !== undefined);
    await delay(500);
    await penniless.stop();
    expect(log.lines.filter(({ message }) => message.startsWith("not taken"))).to.have.length(1);
    expect(await bench.statuses(job)).to.deep.equal(["free", "free"]);
    await bench.finish(job);
  });
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
