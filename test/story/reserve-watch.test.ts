import { existsSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { readDisputes } from "@orion/protocol/disputes";

import { orion, type Ran } from "../integration/cli/orion.ts";
import { startFalsifier, startWithholder, type Cheat } from "../support/network/adversaries.ts";
import { jobOf } from "../support/network/checks.ts";
import { startFlowingChain } from "../support/network/flowing-chain.ts";
import { journalDirOf, killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { ACCOUNTS, accountAt, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

/** Seconds; long enough for a busy machine. */
const CLOCKS = { claimPeriod: 60, challengeWindow: 240, answerPeriod: 8, descendPeriod: 60 };
const [WORKER, LIAR, NAMED] = [ACCOUNTS.workers, ACCOUNTS.workers + 1, ACCOUNTS.workers + 2];
const { stranger: STRANGER } = ACCOUNTS;

/** What a command has printed last on its way out. */
function errorOf({ stderr }: Ran): { code: string; message: string } {
  const last = stderr.trim().split("\n").at(-1) ?? "{}";
  return (JSON.parse(last) as { error: { code: string; message: string } }).error;
}

describe("units with a reserve, in jobs that name their challengers", function () {
  this.timeout(240_000);
  let running: TestNetwork;
  const services: RunningService[] = [];
  const cheats: Cheat[] = [];

  const start = (
    ...args: Parameters<typeof startService> extends [unknown, ...infer R] ? R : never
  ): RunningService => {
    const service = startService(running, ...args);
    services.push(service);
    return service;
  };
  const post = (seed: number): Promise<TinyJob> =>
    postTinyJob(running, { shards: 2, shardsPerClaim: 2, seed, challengers: [accountAt(NAMED).address] });
  const cli = (account: number, ...args: string[]): Promise<Ran> =>
    orion([...args, "--json"], {
      cwd: running.dir,
      env: { ORION_PRIVATE_KEY: accountAt(account).privateKey, ORION_NETWORK: running.networkFile },
    });
  const settle = async ({ terms }: TinyJob): Promise<void> => {
    const { interface: abi } = running.chain.contracts.market;
    const data = abi.encodeFunctionData("settle", [terms, [0]]);
    await running.sender(STRANGER).send({ to: running.network.addresses.market, data, label: "settle" });
  };
  const isCommittedBy = async (job: TinyJob, account: number): Promise<boolean> => {
    const unit = (await jobOf(running, job)).units.get(0);
    return unit.status === "committed" && unit.worker === accountAt(account).address;
  };
  const resolved = async (job: TinyJob) => {
    const { reserves } = running.chain.contracts;
    const [fallen] = (await jobOf(running, job)).penalties;
    return reserves.queryFilter(reserves.filters.Resolved(fallen?.key));
  };
  const record = (job: TinyJob): Promise<JobRecord> => jobOf(running, job);

  before(async () => {
    running = await startTestNetwork({ fast: CLOCKS, startChain: startFlowingChain });
    for (const account of [WORKER, LIAR]) await running.stake(account, 100n * ORION);
    start("orchestrator", ACCOUNTS.orchestrator);
  });
  afterEach(async () => {
    await Promise.all(cheats.splice(0).map((cheat) => cheat.stop()));
    await killAll(services.splice(1));
  });
  after(async () => {
    await killAll(services);
    await running?.stop();
  });

  it("an honest worker that fell by a time-out proves the next claim wrong after a restart, and gets its reserve", async () => {
    const job = await post(11);
    const first = start("worker", WORKER);
    await until("the honest claim", () => isCommittedBy(job, WORKER), services);
    await first.kill();

    const refused = await cli(STRANGER, "job", "demand", job.jobId, "0");
    expect(refused.code).to.equal(1);
    expect(errorOf(refused)).to.include({ code: "NOT_A_CHALLENGER" });
    expect(refused.stderr).to.include(`${accountAt(STRANGER).address} is not among them`);
    const ran = await cli(NAMED, "job", "demand", job.jobId, "0");
    expect(ran.code, ran.stderr).to.equal(0);
    expect(JSON.parse(ran.stdout)).to.include({ answered: false });
    await settle(job);
    const [fallen] = (await record(job)).penalties;
    expect([fallen?.worker, (fallen?.reserved ?? 0n) > 0n]).to.deep.equal([accountAt(WORKER).address, true]);

    cheats.push(await startFalsifier(running, LIAR));
    await until("the lie", () => isCommittedBy(job, LIAR), services);
    const { key } = (await record(job)).units.get(0);
    const outsider = await cli(STRANGER, "dispute", "prove", key);
    expect(errorOf(outsider)).to.include({ code: "NOT_A_CHALLENGER" });

    const second = start("worker", WORKER);
    await until("the fall of the lie", async () => (await record(job)).penalties.length === 2, services, 120_000);
    const { market } = running.network.addresses;
    const dispute = (await readDisputes(running.chain, [key], 0)).of(market, key);
    expect(dispute?.proof?.finder).to.equal(accountAt(WORKER).address);
    expect(await second.log()).to.include("a later claim of a unit has other outputs");
    const kept = path.join(journalDirOf(running, WORKER), "outputs", fallen?.key ?? "");
    expect(existsSync(kept), "the outputs of the fallen claim").to.equal(true);

    await until("the honest claim again", () => isCommittedBy(job, WORKER), services);
    await running.advance(CLOCKS.challengeWindow + 1);
    await settle(job);
    await until("the end of the reserve", async () => (await resolved(job)).length > 0, services);
    const [{ args }] = (await resolved(job)) as [Awaited<ReturnType<typeof resolved>>[number]];
    expect(args.upheld).to.equal(true);
    expect(args.toProvider).to.equal(job.terms.collateralPerClaim / 2n);
    const { from } = (await running.chain.provider.getTransaction((await resolved(job))[0]?.transactionHash ?? "")) as {
      from: string;
    };
    expect(from).to.equal(accountAt(WORKER).address);
    await until("the outputs to be forgotten", () => Promise.resolve(!existsSync(kept)), services);
  });

  it("a liar that fell silent loses its reserve to finder and poster by the claim of an honest second", async () => {
    const job = await post(12);
    const outside = start("validator", STRANGER);
    start("validator", NAMED);
    cheats.push(startWithholder(running, LIAR));
    const closed = async (): Promise<boolean> => (await outside.log()).includes("this account is not one");
    await until("the outsider's line", closed, services);
    // Whoever waits for a time-out waits through a tenth of the window first.
    await running.advance(CLOCKS.challengeWindow / 10);
    await until("the fall", async () => (await record(job)).penalties.length === 1, services, 120_000);
    const [fallen] = (await record(job)).penalties;
    expect(fallen?.worker).to.equal(accountAt(LIAR).address);
    start("worker", WORKER);
    await until("the honest claim", () => isCommittedBy(job, WORKER), services);
    expect((await outside.log()).match(/not guarded/g)).to.have.length(1);
    await running.advance(CLOCKS.challengeWindow + 1);
    start("upkeep", ACCOUNTS.upkeep);
    await until("the end of the reserve", async () => (await resolved(job)).length > 0, services);
    const [{ args }] = (await resolved(job)) as [Awaited<ReturnType<typeof resolved>>[number]];
    const quarter = job.terms.collateralPerClaim / 4n;
    expect([args.upheld, args.toFinder, args.toProvider, args.burned]).to.deep.equal([false, quarter, 0n, 0n]);
    expect(args.toPoster).to.equal(quarter + job.terms.collateralPerClaim / 10n);
    const { reserves, disputes } = running.chain.contracts;
    expect((await reserves.reserveOf(fallen?.key ?? "")).amount).to.equal(0n);
    const { prover } = await disputes.outcome(running.network.addresses.market, fallen?.key ?? "");
    expect(prover).to.equal(accountAt(NAMED).address);
  });
});
