import { expect } from "chai";

import { createAggregator, createOrchestrator, createUpkeepKeeper } from "@orion/keepers";
import type { JobRecord } from "@orion/protocol/chain";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { createWorker } from "@orion/worker";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { expectSettledBooks, jobOf, rightResult } from "../../support/network/checks.ts";
import { startHere } from "../../support/network/in-process.ts";
import { journalDirOf, until } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { expectedResult, postTinyJob } from "../../support/network/tiny-job.ts";

const anvil = anvilPath();
const FAST = { intervalMs: 50 };

describe("services over a chain that reorganises under them", function () {
  this.timeout(60_000);
  const worker = ACCOUNTS.workers;
  let running: TestNetwork;
  let backend: Backend;

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    backend = await createBackend({ mode: "webasm" });
    await running.stake(worker, 100n * ORION);
  });
  after(async () => {
    await backend?.dispose();
    await running?.stop();
  });

  const lastLog = async (): Promise<string | undefined> => {
    const address = running.network.addresses.market;
    const logs = await running.chain.provider.getLogs({ address, fromBlock: running.network.deployBlock });
    return logs.at(-1)?.blockHash;
  };
  /** Removes the block in which `seen` came true and waits until it is true again, in another block. */
  const again = async (what: string, job: { jobId: string }, seen: (record: JobRecord) => boolean): Promise<void> => {
    await until(what, async () => seen(await jobOf(running, job)));
    const before = await lastLog();
    await running.chainProcess.rpc("anvil_reorg", [1, []]);
    await until(`${what} again`, async () => seen(await jobOf(running, job)) && (await lastLog()) !== before);
  };

  it("do again what it took back, once", async () => {
    const job = await postTinyJob(running, { shards: 3 });
    const orchestrator = startHere(createOrchestrator(running.context(ACCOUNTS.orchestrator), FAST));
    await again("the manifest", job, ({ manifests }) => manifests.length === 1);
    await orchestrator.stop();

    const journalDir = journalDirOf(running, worker);
    const compute = startHere(createWorker({ ...running.context(worker), backend, journalDir }, FAST));
    await again(
      "the last commit",
      job,
      ({ units }) => units.active().filter((u) => u.status === "committed").length === 3,
    );
    await compute.stop();

    await running.advance(3);
    const upkeep = startHere(createUpkeepKeeper(running.context(ACCOUNTS.upkeep), FAST));
    await again("settlement", job, ({ settledShards }) => settledShards === 3);
    await upkeep.stop();

    const aggregator = startHere(createAggregator(running.context(ACCOUNTS.aggregator), FAST));
    await again("the result", job, ({ results }) => results.length === 1);
    await aggregator.stop();

    const { tensor } = await rightResult(running, job);
    expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, job.images).data]);
    await expectSettledBooks(running, [job], [worker]);
  });
});
