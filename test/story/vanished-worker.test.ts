import { expect } from "chai";

import { readClocks } from "@orion/protocol/chain";
import { profileOf } from "@orion/protocol/disputes";

import { expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";
import { marketCalls } from "../support/network/market-calls.ts";
import { killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { expectedResult, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

describe("a worker that claims and vanishes", function () {
  this.timeout(120_000);
  const [honest, vanished] = [ACCOUNTS.workers, ACCOUNTS.workers + 1];
  const ABANDONED = [0, 2];
  let running: TestNetwork;
  let job: TinyJob;
  let start: { supply: bigint; poster: bigint };
  const services: RunningService[] = [];

  before(async () => {
    running = await startTestNetwork();
    for (const worker of [honest, vanished]) await running.stake(worker, 100n * ORION);
    const { orion } = running.chain.contracts;
    start = { supply: await orion.totalSupply(), poster: await orion.balanceOf(accountAt(ACCOUNTS.poster).address) };
    job = await postTinyJob(running, { shards: 8, shardsPerClaim: 2 });
    await marketCalls(running, vanished).claim(job.terms, ABANDONED);
    for (const role of ["orchestrator", "upkeep", "aggregator"] as const) {
      services.push(startService(running, role, ACCOUNTS[role]));
    }
    services.push(startService(running, "worker", honest));
    const committed = async (): Promise<boolean> => {
      const { units } = await jobOf(running, job);
      return (
        units.freeCount === 0 &&
        units.active().every(({ index, status }) => ABANDONED.includes(index) || status === "committed")
      );
    };
    await until("the other units", committed, services);
    await running.advance((await readClocks(running.chain, profileOf(job.terms))).claimPeriod + 1);
    await until("a result", async () => (await jobOf(running, job)).results.length > 0, services);
  });
  after(async () => {
    await killAll(services);
    await running.stop();
  });

  it("has its shards computed by others", async () => {
    const record = await jobOf(running, job);
    expect(record.payments.map(({ worker }) => worker)).to.deep.equal(Array(4).fill(accountAt(honest).address));
    expect([...record.units].map(({ attempt }) => attempt)).to.deep.equal([1, 0, 1, 0]);
    const { tensor } = await rightResult(running, job);
    expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
    await expectSettledBooks(running, [job], [honest]);
  });

  it("pays 15% of each lock: half compensates the poster, half burns", async () => {
    const { orion, registry } = running.chain.contracts;
    const lock = job.terms.collateralPerClaim;
    const half = (lock * 15n) / 200n;
    const record = await jobOf(running, job);
    expect(record.penalties.map(({ kind, unit }) => [kind, unit])).to.deep.equal(
      ABANDONED.map((unit) => ["expired", unit]),
    );
    expect(await orion.balanceOf(accountAt(ACCOUNTS.poster).address)).to.equal(start.poster + 2n * half);
    expect(await orion.totalSupply()).to.equal(start.supply - 2n * half);
    const account = await registry.account(accountAt(vanished).address, running.network.addresses.market);
    expect([account.free, account.locked]).to.deep.equal([100n * ORION - 4n * half, 0n]);
  });
});
