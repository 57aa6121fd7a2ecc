import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { chainNow, type Call, type UnitRecord } from "@orion/protocol/chain";
import {
  demandCall,
  demandOutputCall,
  demandPrice,
  depthOf,
  type KnownClaim,
  learnAnswers,
  nodePlace,
  readDisputes,
  ROOT,
  shardPlace,
  type Case,
  type ClaimDispute,
} from "@orion/protocol/disputes";
import { loadOutputs } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { toBytes, type Tensor } from "@orion/protocol/tensor";

import { orion } from "../integration/cli/orion.ts";
import { jobOf } from "../support/network/checks.ts";
import { caseOf, demandTraceOf, openClaim } from "../support/network/demand-trace.ts";
import { startFlowingChain } from "../support/network/flowing-chain.ts";
import { journalDirOf, killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { ACCOUNTS, accountAt, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

const WORKER = ACCOUNTS.workers;
const DEMANDER = ACCOUNTS.stranger;
/** Seconds. The window is left by the chain's clock, once all demands are answered. */
const CLOCKS = {
  claimPeriod: 60,
  challengeWindow: 600,
  answerPeriod: 60,
  descendPeriod: 400,
  traceFloor: 2,
  leastWindow: 2,
};
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
  const theCase = (): Case => caseOf(running, job, unit);
  const dispute = async (): Promise<ClaimDispute | undefined> =>
    (await readDisputes(running.chain, [unit.key], 0)).of(running.network.addresses.market, unit.key);
  const answered = async (): Promise<boolean[]> =>
    [...((await dispute())?.demands.values() ?? [])].map(({ answer }) => answer !== undefined);
  const allAnswered = (count: number) => async (): Promise<boolean> => {
    const answers = await answered();
    return answers.length === count && answers.every(Boolean);
  };
  /** What the worker has published, and what it has answered on chain. */
  const open = async (): Promise<KnownClaim> => {
    const known = await openClaim(running, job, unit);
    learnAnswers(known, await dispute(), unit.from);
    return known;
  };
  const send = async (call: Call): Promise<void> => {
    await running.sender(DEMANDER).send(call);
    // The price that was taken; what was sent beyond it is a balance.
    prepaid = [...((await dispute())?.demands.values() ?? [])].reduce((sum, { price }) => sum + price, 0n);
  };
  const chainTime = (): Promise<number> => chainNow(running.chain);
  const demandTrace = async (known: KnownClaim, shard: number): Promise<void> => {
    await send(await demandTraceOf(theCase(), known, shard));
  };
  /** A node's one chunk, in a shard whose trace is answered. */
  const demandNode = async (known: KnownClaim, shard: number, node: number): Promise<void> => {
    const place = nodePlace(known.shape, shard, node);
    const levels = depthOf(place) - depthOf(shardPlace(known.shape, shard));
    const path = known.path("trace", place, levels) as Uint8Array[];
    const move = {
      type: "demand",
      tree: "trace",
      place,
      hash: known.hash("trace", place) as Uint8Array,
      path,
    } as const;
    await send(demandCall(theCase(), known.shape, move, await demandPrice(theCase(), "compute", await chainTime())));
  };
  const demandBlock = async (shard: number): Promise<void> => {
    const price = await demandPrice(theCase(), { outputChunks: 1 }, await chainTime());
    await send(demandOutputCall(theCase(), { shard, output: 0, index: 0 }, price));
  };

  /** Of what was prepaid for places in its queue a fifth burns. */
  const earned = async (): Promise<bigint> => {
    const { disputes } = running.chain.contracts;
    const events = await disputes.queryFilter(disputes.filters.PrepaymentReturned());
    return events.reduce((sum, { args }) => sum + args.amount, 0n);
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
    const top = {
      type: "demand",
      tree: "outputs",
      place: ROOT,
      hash: known.hash("outputs", ROOT) as Uint8Array,
    } as const;
    const price = await demandPrice(theCase(), "hashes", await chainTime());
    await send(demandCall(theCase(), known.shape, { ...top, path: [] }, price));
    await demandTrace(known, 2);
    await demandTrace(known, 3);
    await demandBlock(1);
    expect(await answered()).to.deep.equal([false, false, false, false]);
    startWorker();
    await until("all answers", allAnswered(4), alive, 30_000);
  });

  it("answers for values of a trace that it has shown, once its turn has come", async () => {
    const known = await open();
    await demandNode(known, 2, HIDDEN);
    await demandNode(known, 3, job.program.program.outputNodes[0] as number);
    await running.advance(CLOCKS.traceFloor + CLOCKS.claimPeriod);
    await until("all answers", allAnswered(6), alive, 30_000);
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
    const ran = await orion(args, { cwd: folder, env: { ORION_PRIVATE_KEY: accountAt(DEMANDER).privateKey } });
    expect(ran.code, ran.stderr).to.equal(0);
    expect(JSON.parse(ran.stdout)).to.include({ answered: true, shard: 2, first: 0, last: 0, bytes: 1024 });
    prepaid = [...((await dispute())?.demands.values() ?? [])].reduce((sum, { price }) => sum + price, 0n);
    const { outputs } = await loadOutputs(running.store, unit, job.program, { sha256: nativeSha256 });
    const output = toBytes(outputs[2]?.[0] as Tensor);
    expect((await readFile(file)).subarray(0, output.length).equals(output)).to.equal(true);
  });

  it("shows each demand and its answer with `orion dispute show`", async () => {
    const args = ["dispute", "show", unit.key.slice(0, 12), "--network", running.networkFile];
    const { stdout, stderr } = await orion(args, { cwd: folder });
    expect(stderr).to.equal("");
    for (const words of [
      "1. the outputs root: answered with",
      "trace of shard 2: answered with",
      `shard 2, node ${HIDDEN}: answered with 1024 bytes`,
      "output 0 of shard 1, block 0",
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
    expect(files).not.to.be.empty;
    // Emptied rather than removed: the node goes on with its files.
    for (const file of files) await truncate(path.join(file.parentPath, file.name));
    await demandTrace(known, 1);
    startWorker();
    await until("the answer", allAnswered(8), alive, 30_000);
  });

  it("keeps its lock, is paid, and gets the prepayments", async () => {
    await running.advance(CLOCKS.challengeWindow + CLOCKS.descendPeriod + 1);
    alive.push(startService(running, "upkeep", ACCOUNTS.upkeep));
    await until("the settlement", async () => (await jobOf(running, job)).settledShards === 4, alive, 30_000);
    const { disputes, registry } = running.chain.contracts;
    const { address } = accountAt(WORKER);
    const paid = async (): Promise<boolean> => (await withdrawals(address)).length > 0;
    await until("the prepayments", paid, alive, 20_000);
    expect((await withdrawals(address)).reduce((sum, amount) => sum + amount, 0n)).to.equal(await earned());
    const account = await registry.account(address, running.network.addresses.market);
    expect([account.free, account.locked]).to.deep.equal([100n * ORION, 0n]);
    expect((await jobOf(running, job)).penalties).to.deep.equal([]);
    // What the demander sent beyond the price stays its own.
    const left = await running.chain.provider.getBalance(running.network.addresses.disputes);
    const burned = prepaid - (await earned());
    expect((await disputes.balanceOf(accountAt(DEMANDER).address)) + burned).to.equal(left);
  });

  it("loses its lock if it is gone: a validator ends the claim whose output it withholds, right as it is", async () => {
    await killAll(alive.filter(({ role }) => role === "upkeep"));
    job = await postTinyJob(running, { shards: 4, shardsPerClaim: 4, seed: 2 });
    const isCommitted = async (): Promise<boolean> => (await jobOf(running, job)).units.get(0).status === "committed";
    await until("the commit", isCommitted, alive, 30_000);
    unit = (await jobOf(running, job)).units.get(0);
    await killAll(alive.filter(({ role }) => role === "worker"));
    await demandBlock(0);
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
