import { expect } from "chai";
import type { TransactionReceipt } from "ethers";

import { contractInterface } from "@orion/protocol/chain";

import { expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";
import { killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { expectedResult, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

describe("a job of 1,000 shards with five workers", function () {
  this.timeout(240_000);
  const workers = [0, 1, 2, 3, 4].map((i) => ACCOUNTS.workers + i);
  const SHARDS_PER_CLAIM = 20;
  let running: TestNetwork;
  let small: TinyJob;
  let large: TinyJob;
  const services: RunningService[] = [];

  const finished = async (job: TinyJob): Promise<boolean> => (await jobOf(running, job)).results.length > 0;

  before(async () => {
    running = await startTestNetwork();
    for (const worker of workers) await running.stake(worker, 1_000n * ORION);
    for (const role of ["orchestrator", "upkeep", "aggregator"] as const) {
      services.push(startService(running, role, ACCOUNTS[role]));
    }
    services.push(...workers.map((worker) => startService(running, "worker", worker)));
    small = await postTinyJob(running, { shards: 3 * SHARDS_PER_CLAIM, shardsPerClaim: SHARDS_PER_CLAIM });
    await until("the small job", () => finished(small), services);
    large = await postTinyJob(running, { shards: 1_000, shardsPerClaim: SHARDS_PER_CLAIM, missingRows: 1 });
    await until("the large job", () => finished(large), services, 180_000);
    await Promise.all(services.map((service) => service.terminate()));
  });
  after(async () => {
    await killAll(services);
    await running.stop();
  });

  it("finishes, with every element right and everybody paid", async () => {
    const { tensor } = await rightResult(running, large);
    expect(tensor.data.length).to.equal(1_999);
    expect([...tensor.data]).to.deep.equal([...expectedResult(large.program, large.images).data]);
    await expectSettledBooks(running, [small, large], workers);
  });

  it("is shared by all workers", async () => {
    const { payments } = await jobOf(running, large);
    expect(new Set(payments.map(({ worker }) => worker)).size).to.equal(workers.length);
  });

  it("makes no transaction dearer than a small job does", async () => {
    const [few, many] = [await gasByKind(running, small), await gasByKind(running, large)];
    expect([...many.keys()].sort()).to.deep.equal([...few.keys()].sort());
    for (const [kind, { gas, units }] of many) {
      const least = few.get(kind) ?? { gas: 0, units: 1 };
      // A claim of more units costs at most so many times as much, one of fewer no more. The price of calldata differs by a few zero bytes in roots and salts.
      expect(gas, kind).to.be.at.most(least.gas * Math.max(1, units / least.units) * 1.02);
    }
  });
});

interface Largest {
  readonly gas: number;
  readonly units: number;
}

/** Largest transaction of each kind that touched the job, with the units that it claims; of those that settle, gas per unit. */
async function gasByKind(running: TestNetwork, job: TinyJob): Promise<Map<string, Largest>> {
  const market = contractInterface("JobMarket");
  const { market: address } = running.network.addresses;
  const logs = await running.chain.provider.getLogs({
    address,
    fromBlock: running.network.deployBlock,
    toBlock: "latest",
  });
  const ours = logs.filter(({ topics }) => topics[1] === job.jobId);
  const names = new Map<string, string[]>();
  for (const log of ours) {
    const name = market.parseLog(log)?.name ?? "";
    names.set(log.transactionHash, [...(names.get(log.transactionHash) ?? []), name]);
  }
  const largest = new Map<string, Largest>();
  for (const [hash, events] of names) {
    const receipt = (await running.chain.provider.getTransactionReceipt(hash)) as TransactionReceipt;
    const units = events.filter((name) => name === "UnitSettled").length;
    if (events.includes("ItemSkipped")) continue;
    const kind = units > 0 ? "UnitSettled" : (events[0] ?? "");
    const gas = Number(receipt.gasUsed) / Math.max(1, units);
    const claimed = Math.max(1, events.filter((name) => name === "UnitClaimed").length);
    if (gas > (largest.get(kind)?.gas ?? 0)) largest.set(kind, { gas, units: claimed });
  }
  return largest;
}
