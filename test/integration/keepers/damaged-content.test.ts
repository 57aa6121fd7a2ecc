import path from "node:path";

import { expect } from "chai";

import { createAggregator, createOrchestrator, createUpkeepKeeper } from "@orion/keepers";
import { silentLogger, systemClock, type Clock, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { createContentStore } from "@orion/protocol/storage";
import { createWorker } from "@orion/worker";

import { expectSettledBooks, jobOf, rightResult } from "../../support/network/checks.ts";
import { startProxy, type HttpProxy, type Request } from "../../support/network/http-proxy.ts";
import { startHere, type Started } from "../../support/network/in-process.ts";
import { until } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { expectedResult, postTinyJob } from "../../support/network/tiny-job.ts";

const PACE = 50;
/** Pauses of seconds last a fiftieth here. */
const clock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now() * PACE,
  sleep: (ms, signal) => systemClock.sleep(ms / PACE, signal),
};
const INTERVAL = { intervalMs: 1_000 };

describe("a content store that damages the first answer for each block", function () {
  this.timeout(120_000);
  const worker = ACCOUNTS.workers;
  const proxies: HttpProxy[] = [];
  const services: Started[] = [];
  let running: TestNetwork;
  let backend: Backend;
  let damaged = 0;

  before(async () => {
    running = await startTestNetwork();
    backend = await createBackend({ mode: "webasm", log: silentLogger });
    await running.stake(worker, 100n * ORION);
  });
  after(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await backend.dispose();
    await running.stop();
  });

  const damage = (body: Buffer): Buffer => {
    damaged++;
    body[0] = (body[0] ?? 0) ^ 1;
    return body;
  };
  /** Every service sees damage of its own. */
  const contextOf = async (account: number): Promise<ServiceContext> => {
    const seen = new Set<string>();
    const isFirst = ({ path: asked }: Request): boolean => asked.includes("block/get") && !seen.has(asked);
    const proxy = await startProxy({
      target: running.ipfs.url,
      fault: (request) => {
        const first = isFirst(request);
        seen.add(request.path);
        return first ? { damage } : {};
      },
    });
    proxies.push(proxy);
    return { ...running.context(account), store: createContentStore({ url: proxy.url, clock }), clock };
  };
  const start = (service: Service): Started => {
    const started = startHere(service);
    services.push(started);
    return started;
  };
  const startWorker = async (maxUnits: number): Promise<Started> => {
    const journalDir = path.join(running.dir, `journal-${String(worker)}`);
    return start(createWorker({ ...(await contextOf(worker)), backend, journalDir }, { ...INTERVAL, maxUnits }));
  };

  it("costs nobody a job, a claim or a result", async () => {
    const job = await postTinyJob(running, { shards: 4 });
    start(createOrchestrator(await contextOf(ACCOUNTS.orchestrator), INTERVAL));
    // A second life of the worker fetches everything anew.
    await (
      await startWorker(2)
    ).ended;
    await (
      await startWorker(2)
    ).ended;
    start(createUpkeepKeeper(await contextOf(ACCOUNTS.upkeep), INTERVAL));
    start(createAggregator(await contextOf(ACCOUNTS.aggregator), INTERVAL));
    await until("the result", async () => (await jobOf(running, job)).results.length > 0);
    const { tensor } = await rightResult(running, job);
    expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
    expect((await jobOf(running, job)).penalties).to.deep.equal([]);
    expect(damaged).to.be.greaterThan(10);
    await expectSettledBooks(running, [job], [worker]);
  });
});
