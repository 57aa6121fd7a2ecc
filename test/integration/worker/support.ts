import { createBackend, type Backend } from "@orion/protocol/kernels";
import { createWorker, type Worker, type WorkerContext, type WorkerRules } from "@orion/worker";

import { jobOf } from "../../support/network/checks.ts";
import { recordingLogger, startHere, type LogLine, type Started } from "../../support/network/in-process.ts";
import { publishTinyJob } from "../../support/network/publish-manifest.ts";
import { journalDirOf } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import type { TinyJob, TinyJobOptions } from "../../support/network/tiny-job.ts";

export const ACCOUNT = ACCOUNTS.workers;

interface Running extends Started {
  readonly worker: Worker;
  readonly lines: LogLine[];
}

/** A network with one staked account, and the workers that a test starts for it. */
export class WorkerBench {
  readonly running: TestNetwork;
  readonly backend: Backend;
  #started: Running[] = [];

  private constructor(running: TestNetwork, backend: Backend) {
    this.running = running;
    this.backend = backend;
  }

  static async open(): Promise<WorkerBench> {
    const running = await startTestNetwork({ fast: { claimPeriod: 60 } });
    const backend = await createBackend({ mode: "webasm" });
    await running.stake(ACCOUNT, 100n * ORION);
    return new WorkerBench(running, backend);
  }

  /** Stops the workers that were started since the last time. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.#started.map((one) => one.stop().catch(() => undefined)));
    this.#started = [];
  }

  async close(): Promise<void> {
    await this.backend.dispose();
    await this.running.stop();
  }

  start(rules: WorkerRules = {}, changes: Partial<WorkerContext> = {}): Running {
    const log = recordingLogger();
    const context = {
      ...this.running.context(ACCOUNT),
      backend: this.backend,
      log,
      journalDir: journalDirOf(this.running, ACCOUNT),
      ...changes,
    };
    const worker = createWorker(context, { intervalMs: 50, ...rules });
    const one = { ...startHere(worker), worker, lines: log.lines };
    this.#started.push(one);
    return one;
  }

  published(shards: number, shardsPerClaim = 1, more: Omit<TinyJobOptions, "shards"> = {}): Promise<TinyJob> {
    return publishTinyJob(this.running, { shards, shardsPerClaim, ...more });
  }

  async statuses(job: TinyJob): Promise<string[]> {
    return [...(await jobOf(this.running, job)).units].map(({ status }) => status);
  }

  /** Has all free units of a job committed. */
  async finish(job: TinyJob): Promise<void> {
    await this.start({ maxUnits: (await jobOf(this.running, job)).units.freeCount }).ended;
  }
}
