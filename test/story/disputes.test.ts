import { expect } from "chai";

import { readDisputes, type ClaimDispute } from "@orion/protocol/disputes";

import { orion, type Ran } from "../integration/cli/orion.ts";
import { startFalsifier, startWithholder, type Cheat } from "../support/network/adversaries.ts";
import { startFlowingChain } from "../support/network/flowing-chain.ts";
import { expectSettledBooks, jobOf, rightResult } from "../support/network/checks.ts";
import { allReceipts } from "../support/network/receipts.ts";
import { killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { ACCOUNTS, accountAt, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { expectedResult, postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

/** Seconds; long enough for a busy machine. */
const CLOCKS = { claimPeriod: 60, challengeWindow: 12, answerPeriod: 6, descendPeriod: 10 };

const WORKER = ACCOUNTS.workers;
const FALSIFIER = WORKER + 1;
const SECRETIVE = WORKER + 2;
const WITHHOLDER = WORKER + 3;
/** They race. */
const VALIDATORS = [WORKER + 4, WORKER + 5];

describe("cheats among honest workers", function () {
  this.timeout(240_000);
  let running: TestNetwork;
  let job: TinyJob;
  const services: RunningService[] = [];
  const cheats = new Map<number, Cheat>();

  before(async () => {
    running = await startTestNetwork({ fast: CLOCKS, startChain: startFlowingChain });
    for (const account of [WORKER, FALSIFIER, SECRETIVE, WITHHOLDER]) await running.stake(account, 100n * ORION);
    job = await postTinyJob(running, { shards: 12, shardsPerClaim: 2 });
    for (const account of VALIDATORS) services.push(startService(running, "validator", account));
    cheats.set(FALSIFIER, await startFalsifier(running, FALSIFIER));
    cheats.set(SECRETIVE, await startFalsifier(running, SECRETIVE, { publishes: false }));
    cheats.set(WITHHOLDER, startWithholder(running, WITHHOLDER));
    services.push(startService(running, "orchestrator", ACCOUNTS.orchestrator));
    await Promise.all([...cheats.values()].map(({ committed }) => committed));
    for (const role of ["upkeep", "aggregator"] as const) services.push(startService(running, role, ACCOUNTS[role]));
    services.push(startService(running, "worker", WORKER));
    await until("the result", async () => (await jobOf(running, job)).results.length > 0, services, 200_000);
  });
  after(async () => {
    await Promise.all([...cheats.values()].map((cheat) => cheat.stop()));
    await killAll(services);
    await running.stop();
  });

  const disputeOf = async (account: number): Promise<ClaimDispute> => {
    const { penalties } = await jobOf(running, job);
    const key = penalties.find(({ worker }) => worker === accountAt(account).address)?.key ?? "";
    const found = (await readDisputes(running.chain, [key], 0)).of(running.network.addresses.market, key);
    if (found === undefined) throw new Error(`no dispute about the claim of ${String(account)}`);
    return found;
  };

  it("are all caught, and the job still finishes with the right result", async () => {
    const { tensor } = await rightResult(running, job);
    expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
    const { penalties } = await jobOf(running, job);
    const guilty = [FALSIFIER, SECRETIVE, WITHHOLDER].map((account) => accountAt(account).address);
    expect(penalties.map(({ worker }) => worker).sort()).to.deep.equal(guilty.sort());
    await expectSettledBooks(running, [job], [WORKER]);
  });

  for (const account of [FALSIFIER, SECRETIVE]) {
    it(`is proved wrong at the very value that was altered (${account === FALSIFIER ? "published" : "withheld"} roots)`, async () => {
      const { proof } = await disputeOf(account);
      const { alteration } = (await cheats.get(account)?.committed) ?? {};
      expect(proof?.node).to.equal(alteration?.node);
      expect([proof?.position, proof?.claimed, proof?.actual].map(Number)).to.deep.equal([
        alteration?.element,
        alteration?.claimed,
        alteration?.actual,
      ]);
      expect(VALIDATORS.map((one) => accountAt(one).address)).to.include(proof?.finder);
    });
  }

  it("is timed out when it withholds", async () => {
    const { demands, proof, timedOut } = await disputeOf(WITHHOLDER);
    expect(proof).to.equal(undefined);
    expect([demands.size, timedOut !== undefined]).to.deep.equal([1, true]);
  });

  it("loses what its silence has put in reserve to the finder and the poster, by the verdict of the next claim", async () => {
    const { reserves } = running.chain.contracts;
    const { penalties } = await jobOf(running, job);
    const silent = penalties.filter(({ reserved }) => reserved > 0n);
    expect(silent.map(({ worker }) => worker)).to.deep.equal([accountAt(WITHHOLDER).address]);
    const [{ key, unit, reserved } = { key: "", unit: 0, reserved: 0n }] = silent;
    const paid = () => reserves.queryFilter(reserves.filters.Resolved(key));
    await until("the end of the reserve", async () => (await paid()).length > 0, services, 60_000);
    const [{ args }] = (await paid()) as [Awaited<ReturnType<typeof paid>>[number]];
    // A lock's half and tenth: a quarter of the lock for the finder, the rest for the poster.
    expect([args.upheld, args.toProvider, args.burned]).to.deep.equal([false, 0n, 0n]);
    expect(args.toFinder).to.equal((reserved * 5n) / 12n);
    expect(args.toFinder + args.toPoster).to.equal(reserved);
    expect((await reserves.reserveOf(key)).amount).to.equal(0n);
    expect(await reserves.undecided(job.jobId, unit)).to.equal(0n);
  });

  it("are hunted by two validators that waste at most one reverted transaction on each", async () => {
    const hunters = new Set(VALIDATORS.map((account) => accountAt(account).address));
    const all = (await allReceipts(running)).filter(({ from }) => hunters.has(from));
    expect(all.length).to.be.greaterThan(cheats.size);
    expect(all.filter(({ status }) => status !== 1).length).to.be.at.most(cheats.size);
  });

  it("cannot hide behind answers that were given before: the same lie again falls with fewer demands", async () => {
    await killAll(services.filter(({ role }) => role === "worker"));
    await cheats.get(SECRETIVE)?.stop();
    const again = await postTinyJob(running, { shards: 2, shardsPerClaim: 2, seed: 5 });
    for (const times of [1, 2]) {
      const cheat = await startFalsifier(running, SECRETIVE, { publishes: false, random: () => 0 });
      const isCaught = async (): Promise<boolean> => (await jobOf(running, again)).penalties.length === times;
      await until("the fall", isCaught, services, 30_000);
      await cheat.stop();
    }
    const { penalties } = await jobOf(running, again);
    const state = await readDisputes(running.chain, "all", 0);
    const [first, second] = penalties.map(({ key }) => state.of(running.network.addresses.market, key));
    expect(first?.demands.size).to.be.greaterThan(1);
    // What lies in the trace is known by its hashes; the outputs and the root of the trace are each claim's own.
    const kinds = [...(second?.demands.values() ?? [])].map(({ what }) => what.kind);
    expect(kinds.filter((kind) => kind === "trace")).to.deep.equal([]);
    expect(second?.demands.size).to.be.lessThan(first?.demands.size ?? 0);
    expect(second?.proof).to.include({ node: first?.proof?.node, position: 0n });
  });

  it("can be caught by anybody with `orion dispute prove`, and are shown", async () => {
    await killAll(services.filter(({ role }) => role === "validator" || role === "worker"));
    await cheats.get(FALSIFIER)?.stop();
    const second = await postTinyJob(running, { shards: 2, shardsPerClaim: 2, seed: 3 });
    cheats.set(FALSIFIER, await startFalsifier(running, FALSIFIER));
    const { alteration } = (await cheats.get(FALSIFIER)?.committed) ?? {};
    const { key } = (await jobOf(running, second)).units.get(0);
    const [hunter = 0] = VALIDATORS;
    const cli = async (...args: string[]): Promise<Ran> => {
      const env = { ORION_PRIVATE_KEY: accountAt(hunter).privateKey, ORION_NETWORK: running.networkFile };
      return orion(["dispute", ...args], { cwd: running.dir, env });
    };
    const ran = await cli("prove", key, "--json", "--log-level", "error");
    expect(ran.code, ran.stderr).to.equal(0);
    const outcome = JSON.parse(ran.stdout) as { outcome: string; proof: Record<string, unknown> };
    expect(outcome.outcome).to.equal("fallen");
    expect(
      [outcome.proof.node, outcome.proof.position, outcome.proof.claimed, outcome.proof.actual].map(Number),
    ).to.deep.equal([alteration?.node, alteration?.element, alteration?.claimed, alteration?.actual]);
    const shown = (await cli("show", key.slice(0, 14))).stdout;
    expect(shown).to.include(
      `node ${alteration?.node}, element ${alteration?.element}: claimed ${alteration?.claimed}, true ${alteration?.actual}`,
    );
    expect(shown).to.match(/1\. trace of shard \d: answered with \d+ bytes/);
    expect(shown).to.match(/\d\. shard \d, node \d+: answered with 1024 bytes/);
    const { disputes } = JSON.parse((await cli("list", "--json")).stdout) as {
      disputes: { key: string; verdict: string }[];
    };
    expect(disputes.map(({ verdict }) => verdict).sort()).to.deep.equal([
      ...["proved wrong", "proved wrong", "proved wrong", "proved wrong", "proved wrong", "timed out"],
    ]);
    const [first] = (await jobOf(running, job)).payments;
    const refused = await cli("prove", first?.key ?? "");
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include("is settled already");
    const watched = await cli("watch", key, "--json");
    expect(JSON.parse(watched.stdout)).to.include({ key, claim: "fallen", verdict: "proved wrong" });
  });
});
