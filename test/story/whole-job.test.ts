import { expect } from "chai";

import { isFinished, type JobRecord } from "@orion/protocol/chain";

import { startService, until, killAll, type RunningService } from "../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { patient } from "../support/patience.ts";
import { expectedResult, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";
import { expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";

describe("a job on a whole network of processes", function () {
  this.timeout(120_000);
  const workers = [ACCOUNTS.workers, ACCOUNTS.workers + 1];
  let running: TestNetwork;
  let services: RunningService[] = [];

  before(async () => {
    // A worker claims several units at once. Each has stake for half of them, which is free again only after a window.
    running = await startTestNetwork({ fast: { challengeWindow: Math.ceil(patient(2_000) / 1_000) } });
    for (const worker of workers) await running.stake(worker, 4n * ORION);
    services = [
      startService(running, "orchestrator", ACCOUNTS.orchestrator),
      startService(running, "aggregator", ACCOUNTS.aggregator),
      startService(running, "upkeep", ACCOUNTS.upkeep),
      ...workers.map((worker) => startService(running, "worker", worker)),
    ];
  });
  after(async () => {
    await killAll(services);
    await running.stop();
  });

  let job: TinyJob;
  let record: JobRecord;

  it("is sharded, computed, settled and aggregated", async () => {
    job = await postTinyJob(running, { shards: 16, shardsPerClaim: 2, missingRows: 1 });
    await until("a result", async () => (await jobOf(running, job)).results.length > 0, services);
    record = await jobOf(running, job);
    expect(isFinished(record)).to.equal(true);
  });

  it("gives exactly what the reference interpreter gives", async () => {
    const result = await rightResult(running, job);
    const wanted = expectedResult(job.program, job.images);
    expect([...result.tensor.data]).to.deep.equal([...wanted.data]);
    expect(result.tensor.dims).to.deep.equal(wanted.dims);
  });

  it("pays every shard once, to both workers and the keeper, and keeps nothing", async () => {
    await expectSettledBooks(running, [job], workers);
    expect(new Set(record.payments.map(({ worker }) => worker)).size).to.equal(2);
  });

  it("ends its processes in order when they are asked to", async () => {
    const ends = await Promise.all(services.map((service) => service.terminate()));
    expect(ends).to.deep.equal(services.map(() => 0));
  });
});
