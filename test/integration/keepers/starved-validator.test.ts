import { expect } from "chai";
import { Wallet } from "ethers";

import { createOrchestrator, createUpkeepKeeper, createValidator } from "@orion/keepers";
import { forfeit } from "@orion/protocol/challenge";
import type { JobRecord, UnitRecord } from "@orion/protocol/chain";
import { systemClock, toHex, type Clock } from "@orion/protocol/common";
import { putOutputs, WorkTally } from "@orion/protocol/jobs";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { joinRows, outputsTree, shardLeaf, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

import { sealSecretOf } from "../../../cli/validator/seal-secret.ts";
import { startFalsifier } from "../../support/network/adversaries.ts";
import { jobOf } from "../../support/network/checks.ts";
import { truthOf } from "../../support/network/hostile-demands.ts";
import { startHere, type Started } from "../../support/network/in-process.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { until } from "../../support/network/services.ts";
import { slowCompute } from "../../support/network/slow-compute.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { BATCH, postTinyJob, tinyImages, tinyProgram, type TinyJob } from "../../support/network/tiny-job.ts";

const ATTACKER = ACCOUNTS.workers;
const CHEAT = ACCOUNTS.workers + 1;
const VALIDATOR = ACCOUNTS.workers + 2;
const [DECOYS, SHARDS] = [4, 24];
/** Seconds: one after the other the shards of all decoys would fill the window one and a half times. */
const CLOCKS = { claimPeriod: 600, challengeWindow: 600, answerPeriod: 300, descendPeriod: 300 };
const SECONDS_PER_SHARD = 10;
const FAST = { intervalMs: 50 };

describe("a validator among right claims that are there to keep it busy (validator-starved)", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let backend: Backend;
  let ended: { readonly job: JobRecord; readonly unit: UnitRecord };
  const keepers: Started[] = [];

  before(async () => {
    running = await startTestNetwork({ fast: CLOCKS });
    backend = await createBackend({ mode: "webasm" });
    for (const account of [ATTACKER, CHEAT]) await running.stake(account, 100n * ORION);
    keepers.push(startHere(createOrchestrator(running.context(ACCOUNTS.orchestrator), FAST)));
    keepers.push(startHere(createUpkeepKeeper(running.context(ACCOUNTS.upkeep), FAST)));
  });
  after(async () => {
    await Promise.all(keepers.map((one) => one.stop()));
    await backend.dispose();
    await running.stop();
  });

  /** Jobs of one claim each, which the attacker has committed to the right outputs. */
  async function commitDecoys(inputs: Tensor): Promise<void> {
    const content = { program: tinyProgram(), inputs };
    const decoys: TinyJob[] = [];
    for (let i = 0; i < DECOYS; i++) {
      decoys.push(await postTinyJob(running, { shards: SHARDS, shardsPerClaim: SHARDS, content }));
    }
    const published = async (): Promise<boolean> =>
      (await Promise.all(decoys.map((job) => jobOf(running, job)))).every(({ manifests }) => manifests.length > 0);
    await until("the manifests", published);
    for (const decoy of decoys) await commitRight(decoy);
  }

  async function commitRight(job: TinyJob): Promise<void> {
    const { outputNodes } = job.program.program;
    const outputs = truthOf(job).map((values) => outputNodes.map((node) => values[node] as Tensor));
    const outputRoots = outputs.map((of) => of.map((tensor) => tensorRoot(toBytes(tensor), nativeSha256)));
    const leaves = outputRoots.map((roots) => shardLeaf(roots, nativeSha256));
    const { root: outputsRoot } = outputsTree(leaves, nativeSha256);
    await marketCalls(running, ATTACKER).claim(job.terms, [0]);
    const { key } = (await jobOf(running, job)).units.get(0);
    const digest = await putOutputs(running.store, { key, outputsRoot, from: 0, to: SHARDS, outputRoots, outputs });
    const { market } = running.chain.contracts;
    const data = market.interface.encodeFunctionData("commit", [job.terms, 0, key, toHex(outputsRoot), digest]);
    await running.sender(ATTACKER).send({ to: running.network.addresses.market, data, label: "commit" });
  }

  /** A validator on whose machine a shard takes longer, by the chain's clock and by its own. */
  function startValidator(tally: WorkTally): Started {
    let passed = 0;
    const slow = slowCompute(backend, async () => {
      passed += 1_000 * SECONDS_PER_SHARD;
      await running.advance(SECONDS_PER_SHARD);
    });
    const clock: Clock = {
      now: () => Date.now() + passed,
      steady: () => performance.now() + passed,
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    };
    const sealSecret = sealSecretOf(new Wallet(accountAt(VALIDATOR).privateKey));
    // What it measured of its machine at its start.
    const measured = { ...slow, macsPerSecond: Number(tinyProgram().facts.work) / SECONDS_PER_SHARD };
    const context = { ...running.context(VALIDATOR), clock, backend: measured, sealSecret, tally };
    return startHere(createValidator(context, FAST));
  }

  /** Commits a wrong claim behind the decoys and sees how it ends. @returns shards that the validator has computed until then */
  async function catchBehind(inputs: Tensor, seed: number): Promise<number> {
    await commitDecoys(inputs);
    const wrong = await postTinyJob(running, { shards: 1, seed });
    const cheat = await startFalsifier(running, CHEAT, { random: () => 0.3 });
    await cheat.committed;
    const job = await jobOf(running, wrong);
    ended = { job, unit: job.units.get(0) };
    const tally = new WorkTally();
    const validator = startValidator(tally);
    await until("an end of the wrong claim", async () => {
      const { settledShards, penalties } = await jobOf(running, wrong);
      return settledShards > 0 || penalties.length > 0;
    });
    await Promise.all([validator, cheat].map((one) => one.stop()));
    const { penalties, payments } = await jobOf(running, wrong);
    expect(payments, "payments of the wrong claim").to.deep.equal([]);
    expect(penalties.map(({ worker }) => worker)).to.deep.equal([accountAt(CHEAT).address]);
    return tally.shards;
  }

  it("computes four jobs of identical shards once each, and ends the wrong claim behind them inside its window", async () => {
    const shards = Array.from({ length: SHARDS }, () => tinyImages(BATCH));
    const computed = await catchBehind(joinRows(shards, SHARDS * BATCH, BATCH), 12);
    expect(computed).to.be.at.most(DECOYS + 1);
  });

  it("looks at a small claim behind four large ones before it has computed those, where it cannot do all in time", async () => {
    const computed = await catchBehind(tinyImages(SHARDS * BATCH, 4), 13);
    expect(computed).to.be.lessThan(DECOYS * SHARDS);
  });

  it("spends no transaction on the lock of a claim that somebody else has ended", async () => {
    const stranger = running.context(ACCOUNTS.stranger);
    await stranger.follower.sync();
    const sent = (): Promise<number> => running.chain.provider.getTransactionCount(stranger.sender.address);
    const already = await sent();
    expect(await forfeit(stranger, ended.job, ended.unit)).to.equal(false);
    expect(await sent()).to.equal(already);
  });
});
