import path from "node:path";

import { expect } from "chai";

import { createAggregator, createOrchestrator, createUpkeepKeeper } from "@orion/keepers";
import { silentLogger, type Service } from "@orion/protocol/common";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { createWorker } from "@orion/worker";

import { jobOf, rightResult } from "../../support/network/checks.ts";
import { recordingLogger, startHere, type Started } from "../../support/network/in-process.ts";
import { until } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { expectedResult, postTinyJob } from "../../support/network/tiny-job.ts";

const FAST = { intervalMs: 50 };
const WORKER = ACCOUNTS.workers;

describe("an aggregator with a limit on what it joins in memory", function () {
  this.timeout(120_000);
  const services: Started[] = [];
  let running: TestNetwork;
  let backend: Backend;

  before(async () => {
    running = await startTestNetwork();
    backend = await createBackend({ mode: "webasm", log: silentLogger });
    await running.stake(WORKER, 100n * ORION);
  });
  after(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await backend.dispose();
    await running.stop();
  });

  const start = (service: Service): void => void services.push(startHere(service));

  it("leaves alone a job whose outputs are larger, says so once, and another one publishes them", async () => {
    const job = await postTinyJob(running, { shards: 2 });
    start(createOrchestrator(running.context(ACCOUNTS.orchestrator), FAST));
    start(createUpkeepKeeper(running.context(ACCOUNTS.upkeep), FAST));
    const journalDir = path.join(running.dir, "journal");
    start(createWorker({ ...running.context(WORKER), backend, journalDir }, FAST));
    const log = recordingLogger();
    const bytes = BigInt(job.terms.shards) * job.program.facts.outputBytes;
    const small = { ...FAST, maxBytes: bytes - 1n };
    start(createAggregator({ ...running.context(ACCOUNTS.stranger), log }, small));
    const told = (): string[] => log.lines.map(({ message }) => message).filter((line) => line.includes("the limit"));
    await until("the refusal", () => Promise.resolve(told().length > 0));
    expect((await jobOf(running, job)).results).to.deep.equal([]);
    start(createAggregator(running.context(ACCOUNTS.aggregator), { ...FAST, maxBytes: bytes }));
    await until("the result", async () => (await jobOf(running, job)).results.length > 0);
    const { tensor } = await rightResult(running, job);
    expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
    expect(told()).to.deep.equal([
      `the outputs of the job have ${String(bytes)} bytes, the limit here is ${String(bytes - 1n)} (not tried again)`,
    ]);
  });
});
