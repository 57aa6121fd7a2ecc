import { expect } from "chai";
import type { TransactionReceipt } from "ethers";

import { contractInterface } from "@orion/protocol/chain";

import { expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";
import { allReceipts } from "../support/network/receipts.ts";
import { killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { expectedResult, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

describe("two of every keeper, racing", function () {
  this.timeout(120_000);
  const worker = ACCOUNTS.workers;
  const seconds = { orchestrator: ACCOUNTS.stranger, aggregator: worker + 1, upkeep: worker + 2 } as const;
  const roles = ["orchestrator", "aggregator", "upkeep"] as const;
  let running: TestNetwork;
  const jobs: TinyJob[] = [];
  const services: RunningService[] = [];

  before(async () => {
    running = await startTestNetwork();
    await running.stake(worker, 100n * ORION);
    for (const role of roles) {
      services.push(startService(running, role, ACCOUNTS[role]));
      services.push(startService(running, role, seconds[role], { serveAll: true }));
    }
    // One key in two processes: they race for every nonce as well.
    services.push(startService(running, "upkeep", ACCOUNTS.upkeep));
    services.push(startService(running, "worker", worker));
    for (let i = 0; i < 3; i++) jobs.push(await postTinyJob(running, { shards: 6, shardsPerClaim: 2, seed: i }));
    const done = async (): Promise<boolean> => {
      const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
      return records.every(({ results }) => results.length > 0);
    };
    await until("all results", done, services);
    await Promise.all(services.map((service) => service.terminate()));
  });
  after(async () => {
    await killAll(services);
    await running.stop();
  });

  it("publish right results, and everybody is paid once", async () => {
    for (const job of jobs) {
      const { tensor } = await rightResult(running, job);
      expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
      const { results } = await jobOf(running, job);
      expect(new Set(results.map(({ root, digest }) => `${root} ${digest}`)).size).to.equal(1);
    }
    await expectSettledBooks(running, jobs, [worker]);
  });

  it("waste at most one transaction for each useful one", async () => {
    const keepers = new Set(
      roles.flatMap((role) => [accountAt(ACCOUNTS[role]).address, accountAt(seconds[role]).address]),
    );
    const receipts = (await allReceipts(running)).filter(({ from }) => keepers.has(from));
    const useful = receipts.filter(isUseful);
    expect(useful.length).to.be.greaterThan(6);
    expect(receipts.length - useful.length).to.be.at.most(useful.length);
  });
});

/** It changed something that was not so already: a unit moved, or it announced something. */
function isUseful(receipt: TransactionReceipt): boolean {
  const market = contractInterface("JobMarket");
  const names = receipt.logs.flatMap((log) => market.parseLog(log)?.name ?? []);
  return receipt.status === 1 && names.some((name) => name !== "ItemSkipped");
}
