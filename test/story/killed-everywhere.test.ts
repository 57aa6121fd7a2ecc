import { expect } from "chai";

import { expectLocksFree, expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";
import type { Role } from "../support/network/run-service.ts";
import { killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { stepsOf } from "../support/network/steps.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { expectedResult, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

const KEEPERS = ["orchestrator", "upkeep", "aggregator"] as const;
const WORKERS = [ACCOUNTS.workers, ACCOUNTS.workers + 1, ACCOUNTS.workers + 2];
/** Each life of a worker claims a handful of units at most before it dies: there must be some left to claim for the last one. Two jobs, because a keeper that dies behind its last step leaves it done. */
const [JOBS, SHARDS] = [2, 16];

/** A keeper's steps as they happen: it signs and sends before its last one. Several transactions may be on their way by then, so that nothing may be left to sign after it. */
function inOrder(steps: readonly string[]): string[] {
  const isSending = (step: string): boolean => /^(?:signed|broadcast):/.test(step);
  const own = steps.filter((step) => !isSending(step));
  return [...own.slice(0, -1), ...steps.filter(isSending), ...own.slice(-1)];
}

describe("every service, killed with SIGKILL at every one of its steps", function () {
  this.timeout(180_000);
  let running: TestNetwork;
  const jobs: TinyJob[] = [];
  const alive: RunningService[] = [];
  const deaths: string[] = [];
  let over = false;

  /** Starts the service again and again, each time to die one step later. */
  const dieAtEach = async (role: Role, account: number, steps: readonly string[]): Promise<void> => {
    for (const killAt of steps) {
      if (over) return;
      const service = startService(running, role, account, { killAt, intervalMs: 50 });
      alive.push(service);
      const isDead = async (): Promise<boolean> => service.child.signalCode !== null || service.child.exitCode !== null;
      await until(`the death of ${role} ${String(account)} at ${killAt}`, isDead, [service], 90_000);
      alive.splice(alive.indexOf(service), 1);
      deaths.push(`${role} at ${killAt}: ${String(await service.ended)}`);
    }
  };
  const live = (role: Role, account: number): void => {
    alive.push(startService(running, role, account, { intervalMs: 50 }));
  };

  before(async () => {
    running = await startTestNetwork();
    for (const worker of WORKERS) await running.stake(worker, 100n * ORION);
    for (let i = 0; i < JOBS; i++) jobs.push(await postTinyJob(running, { shards: SHARDS, missingRows: 1, seed: i }));
  });
  after(async () => {
    over = true;
    await killAll(alive);
    await running.stop();
  });

  it("is tested at all steps that the sources name", () => {
    expect(stepsOf("orchestrator")).to.include.members(["orchestrator:stored", "broadcast:publishManifest"]);
    expect(stepsOf("aggregator")).to.include.members(["aggregator:stored", "signed:publishResult"]);
    expect(stepsOf("upkeep")).to.include.members(["upkeep:checked", "broadcast:performUpkeep"]);
    expect(stepsOf("worker")).to.include.members(["worker:journalled", "signed:commit", "broadcast:claim"]);
  });

  it("dies at each, is started again, and the job completes", async () => {
    const workerSteps = stepsOf("worker");
    const share = (worker: number): string[] => workerSteps.filter((_, i) => i % WORKERS.length === worker);
    const keepers = KEEPERS.map(async (role) => {
      await dieAtEach(role, ACCOUNTS[role], inOrder(stepsOf(role)));
      live(role, ACCOUNTS[role]);
    });
    const workers = WORKERS.map((account, i) => dieAtEach("worker", account, share(i)));
    await Promise.all([
      ...keepers,
      Promise.all(workers).then(() => WORKERS.forEach((account) => live("worker", account))),
    ]);
    const announced = async (): Promise<boolean> => {
      const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
      return records.every(({ results }) => results.length > 0);
    };
    await until("the results", announced, alive);
    const all = [...KEEPERS, "worker" as const].flatMap((role) =>
      stepsOf(role).map((step) => `${role} at ${step}: SIGKILL`),
    );
    expect(deaths.sort()).to.deep.equal(all.sort());
  });

  it("gives the right results, each announced once", async () => {
    for (const job of jobs) {
      const { tensor } = await rightResult(running, job);
      expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
      const { results, manifests, units, penalties } = await jobOf(running, job);
      expect(results).to.have.length(1);
      expect(manifests).to.have.length(1);
      expect(penalties).to.deep.equal([]);
      expect([...units].map(({ attempt }) => attempt)).to.deep.equal([...units].map(() => 0));
    }
  });

  it("pays everybody exactly once and leaves no escrow, lock or half-written journal behind", async () => {
    await Promise.all(alive.map((service) => service.terminate()));
    await expectSettledBooks(running, jobs, WORKERS);
    await expectLocksFree(running, WORKERS);
  });
});
