import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import type { UnitRecord } from "@orion/protocol/chain";
import { fromHex } from "@orion/protocol/common";
import {
  claimShape,
  demandCall,
  demandOutputCall,
  demandPrice,
  depthOf,
  KnownClaim,
  nodePlace,
  readDisputes,
  ROOT,
  type Case,
  type ClaimDispute,
  type Place,
} from "@orion/protocol/disputes";
import { loadOutputs } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { toBytes } from "@orion/protocol/tensor";

import { orion } from "../integration/cli/orion.ts";
import { jobOf } from "../support/network/checks.ts";
import { startFlowingChain } from "../support/network/flowing-chain.ts";
import { journalDirOf, killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { ACCOUNTS, accountAt, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

const WORKER = ACCOUNTS.workers;
const DEMANDER = ACCOUNTS.stranger;
/** Seconds. The window is left by the chain's clock, once all demands are answered. */
const CLOCKS = { challengeWindow: 600, answerPeriod: 60, descendPeriod: 60 };
/** A computed node in the middle, and the output. */
const HIDDEN = 3;

describe("an honest worker under hostile demands", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let job: TinyJob;
  let unit: UnitRecord;
  let folder: string;
  const alive: RunningService[] = [];
  let prepaid = 0n;

  const startWorker = (): void => {
    alive.push(startService(running, "worker", WORKER, { intervalMs: 50 }));
  };
  const caseOf = (): Case => {
    return { chain: running.chain, terms: job.terms, unit, program: job.program.program, sha256: nativeSha256 };
  };
  const dispute = async (): Promise<ClaimDispute | undefined> =>
    (await readDisputes(running.chain, [unit.key], 0)).of(running.network.addresses.market, unit.key);
  const answered = async (): Promise<boolean[]> =>
    [...((await dispute())?.demands.values() ?? [])].map(({ answer }) => answer !== undefined);
  const allAnswered = (count: number) => async (): Promise<boolean> => {
    const answers = await answered();
    return answers.length === count && answers.every(Boolean);
  };
  const open = async (): Promise<KnownClaim> => {
    const known = new KnownClaim(
      claimShape(job.program.program, unit.to - unit.from),
      fromHex(unit.claimRoot, 32),
      nativeSha256,
    );
    const { nodeRoots } = await loadOutputs(running.store, unit, job.program, { sha256: nativeSha256 });
    expect(known.learnNodeRoots(nodeRoots)).to.equal(true);
    return known;
  };
  /** Demands with nothing but what the worker has published. */
  const demand = async (known: KnownClaim, place: Place): Promise<void> => {
    const move = {
      type: "demand",
      place,
      hash: known.hash(place) as Uint8Array,
      path: known.path(place, depthOf(place)) as Uint8Array[],
    } as const;
    const price = await demandPrice(caseOf());
    prepaid += await running.chain.contracts.disputes.priceOf(running.network.addresses.market, unit.key, 0);
    await running.sender(DEMANDER).send(demandCall(caseOf(), known.shape, move, price));
  };

  before(async () => {
    running = await startTestNetwork({ fast: CLOCKS, startChain: startFlowingChain });
    folder = await mkdtemp(path.join(running.dir, "cli-"));
    await running.stake(WORKER, 100n * ORION);
    job = await postTinyJob(running, { shards: 4, shardsPerClaim: 4 });
    alive.push(startService(running, "orchestrator", ACCOUNTS.orchestrator));
    startWorker();
    const isCommitted = async (): Promise<boolean> => (await jobOf(running, job)).units.get(0).status === "committed";
    await until("the commit", isCommitted, alive, 30_000);
    unit = (await jobOf(running, job)).units.get(0);
    await alive.pop()?.kill();
    // Not even what it has signed: everything is recomputed.
    await rm(journalDirOf(running, WORKER), { recursive: true });
  });
  after(async () => {
    await killAll(alive);
    await running.stop();
  });

  it("answers after a restart, by recomputation, every demand that was made while it was away", async () => {
    const known = await open();
    const { shape } = known;
    await demand(known, ROOT);
    await demand(known, nodePlace(shape, 2, HIDDEN));
    await demand(known, nodePlace(shape, 3, job.program.program.outputNode));
    const range = { shard: 1, first: 0, count: 1 };
    prepaid += await running.chain.contracts.disputes.priceOf(running.network.addresses.market, unit.key, 0);
    await running.sender(DEMANDER).send(demandOutputCall(caseOf(), range, await demandPrice(caseOf(), range.count)));
    expect(await answered()).to.deep.equal([false, false, false, false]);
    startWorker();
    await until("all answers", allAnswered(4), alive, 30_000);
  });

  it("gives demanded output to whoever asks with `orion job demand`", async () => {
    const file = path.join(folder, "part.bin");
    const args = [
      "job",
      "demand",
      job.jobId,
      "0",
      "--shard",
      "2",
      "--output",
      file,
      "--network",
      running.networkFile,
      "--json",
    ];
    prepaid += await running.chain.contracts.disputes.priceOf(running.network.addresses.market, unit.key, 0);
    const ran = await orion(args, { cwd: folder, env: { ORION_PRIVATE_KEY: accountAt(DEMANDER).privateKey } });
    expect(ran.code, ran.stderr).to.equal(0);
    expect(JSON.parse(ran.stdout)).to.include({ answered: true, shard: 2, first: 0, count: 1, bytes: 1024 });
    const { outputs } = await loadOutputs(running.store, unit, job.program, { sha256: nativeSha256 });
    const output = toBytes(outputs[2] as (typeof outputs)[0]);
    expect((await readFile(file)).subarray(0, output.length).equals(output)).to.equal(true);
  });

  it("shows each demand and its answer with `orion dispute show`", async () => {
    const args = ["dispute", "show", unit.key.slice(0, 12), "--network", running.networkFile];
    const { stdout, stderr } = await orion(args, { cwd: folder });
    expect(stderr).to.equal("");
    for (const words of [
      "1. the claim root: answered with",
      `shard 2, node ${HIDDEN}: answered with 1024 bytes`,
      "output of shard 1, chunks 0–0",
      "challenged",
    ]) {
      expect(stdout).to.include(words);
    }
  });

  it("answers although the poster has taken its data back", async () => {
    const known = await open();
    await killAll(alive.filter(({ role }) => role === "worker"));
    const blocks = path.join(running.dir, "ipfs", "blocks");
    const entries = await readdir(blocks, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.length).to.be.greaterThan(10);
    for (const file of files) await rm(path.join(file.parentPath, file.name));
    await demand(known, nodePlace(known.shape, 1, HIDDEN));
    startWorker();
    await until("the answer", allAnswered(6), alive, 30_000);
  });

  it("keeps its lock, is paid, and gets the prepayments", async () => {
    await running.advance(CLOCKS.challengeWindow + CLOCKS.descendPeriod + 1);
    alive.push(startService(running, "upkeep", ACCOUNTS.upkeep));
    await until("the settlement", async () => (await jobOf(running, job)).settledShards === 4, alive, 30_000);
    const { disputes, registry } = running.chain.contracts;
    const { address } = accountAt(WORKER);
    const paid = async (): Promise<boolean> => (await withdrawals(address)).length > 0;
    await until("the prepayments", paid, alive, 20_000);
    expect((await withdrawals(address)).reduce((sum, amount) => sum + amount, 0n)).to.equal(prepaid);
    const account = await registry.account(address, running.network.addresses.market);
    expect([account.free, account.locked]).to.deep.equal([100n * ORION, 0n]);
    expect((await jobOf(running, job)).penalties).to.deep.equal([]);
    // What the demander sent beyond the price stays its own.
    const left = await running.chain.provider.getBalance(running.network.addresses.disputes);
    expect(await disputes.balanceOf(accountAt(DEMANDER).address)).to.equal(left);
  });

  it("loses its lock if it is gone: a validator ends the claim whose output it withholds, right as it is", async () => {
    await killAll(alive.filter(({ role }) => role === "upkeep"));
    job = await postTinyJob(running, { shards: 4, shardsPerClaim: 4, seed: 2 });
    const isCommitted = async (): Promise<boolean> => (await jobOf(running, job)).units.get(0).status === "committed";
    await until("the commit", isCommitted, alive, 30_000);
    unit = (await jobOf(running, job)).units.get(0);
    await killAll(alive.filter(({ role }) => role === "worker"));
    const range = { shard: 0, first: 0, count: 1 };
    await running.sender(DEMANDER).send(demandOutputCall(caseOf(), range, await demandPrice(caseOf())));
    alive.push(startService(running, "validator", ACCOUNTS.aggregator, { intervalMs: 50 }));
    await running.advance(CLOCKS.challengeWindow + 1);
    const isFallen = async (): Promise<boolean> => (await jobOf(running, job)).penalties.length === 1;
    await until("the fall", isFallen, alive, 30_000);
    const { orion: token } = running.chain.contracts;
    const [penalty] = (await jobOf(running, job)).penalties;
    expect(penalty?.worker).to.equal(accountAt(WORKER).address);
    // Who demanded is the finder, whoever ended it.
    expect(await token.balanceOf(accountAt(DEMANDER).address)).to.equal(penalty?.reward);
  });

  const withdrawals = async (address: string): Promise<bigint[]> => {
    const { disputes } = running.chain.contracts;
    return (await disputes.queryFilter(disputes.filters.Withdrawn(address))).map(({ args }) => args.amount);
  };
});
