import path from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { createOrchestrator, createValidator } from "@orion/keepers";
import { silentLogger } from "@orion/protocol/common";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { createWorker } from "@orion/worker";

import { sealSecretOf } from "../../../cli/validator/seal-secret.ts";
import { startFalsifier } from "../../support/network/adversaries.ts";
import { jobOf } from "../../support/network/checks.ts";
import { recordingLogger, startHere, type Started } from "../../support/network/in-process.ts";
import { until } from "../../support/network/services.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { postTinyJob, type TinyJob } from "../../support/network/tiny-job.ts";

const [WORKER, CHEAT, VALIDATOR] = [ACCOUNTS.workers, ACCOUNTS.workers + 1, ACCOUNTS.workers + 2];
/** As many as a validator serves at a time. */
const OVERDUE = 4;
const FAST = { intervalMs: 50 };
const WINDOW = 600;

describe("a validator beside right claims that nobody settles (starve)", function () {
  this.timeout(120_000);
  const services: Started[] = [];
  let running: TestNetwork;
  let backend: Backend;

  before(async () => {
    running = await startTestNetwork({
      fast: { claimPeriod: 100_000, manifestPeriod: 100_000, challengeWindow: WINDOW },
    });
    backend = await createBackend({ mode: "webasm", log: silentLogger });
    for (const account of [WORKER, CHEAT]) await running.stake(account, 100n * ORION);
    services.push(startHere(createOrchestrator(running.context(ACCOUNTS.orchestrator), FAST)));
  });
  after(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await backend.dispose();
    await running.stop();
  });

  it("still ends a wrong one that comes after their windows", async () => {
    const right: TinyJob[] = [];
    for (let i = 0; i < OVERDUE; i++) right.push(await postTinyJob(running, { shards: 1, seed: i + 1 }));
    const journalDir = path.join(running.dir, "journal");
    const worker = startHere(
      createWorker({ ...running.context(WORKER), backend, journalDir }, { ...FAST, maxUnits: OVERDUE }),
    );
    const statuses = async (): Promise<string[]> =>
      Promise.all(right.map(async (job) => (await jobOf(running, job)).units.get(0).status));
    await until("the commits", async () => (await statuses()).every((status) => status === "committed"));
    const log = recordingLogger();
    const sealSecret = sealSecretOf(new Wallet(accountAt(VALIDATOR).privateKey));
    services.push(startHere(createValidator({ ...running.context(VALIDATOR), log, backend, sealSecret }, FAST)));
    const checked = (): number => log.lines.filter(({ message }) => message === "the claim is right").length;
    await until("the checks", () => Promise.resolve(checked() === OVERDUE));
    await worker.stop();
    await running.advance(WINDOW + 100);

    const wrong = await postTinyJob(running, { shards: 1, seed: 99 });
    const cheat = await startFalsifier(running, CHEAT, { random: () => 0.3 });
    await cheat.committed;
    await until("the end of the wrong claim", async () => (await jobOf(running, wrong)).penalties.length > 0);
    await cheat.stop();
    expect(await statuses()).to.deep.equal(right.map(() => "committed"));
    expect((await jobOf(running, wrong)).payments).to.deep.equal([]);
  });
});
