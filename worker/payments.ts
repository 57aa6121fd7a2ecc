import type { MarketState } from "@orion/protocol/chain";
import type { ServiceContext } from "@orion/protocol/jobs";

import type { Journal } from "./journal.ts";
import type { WorkerProgress } from "./progress.ts";

/** Watches the end of this account's claims: reports pay and penalties once, and clears the journal of what is over. */
export class Payments {
  readonly #context: ServiceContext;
  readonly #reported = new Set<string>();
  /** What was settled before this process started is history, not news. */
  #first = true;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  async report(state: MarketState, journal: Journal, onProgress?: (progress: WorkerProgress) => void): Promise<void> {
    const me = this.#context.sender.address;
    for (const job of state.jobs.values()) {
      for (const payment of job.payments) {
        if (payment.worker !== me || this.#reported.has(payment.key)) continue;
        this.#reported.add(payment.key);
        await journal.forget(payment.key);
        if (this.#first) continue;
        const unit = job.units[payment.unit];
        const shards = unit === undefined ? 0 : unit.to - unit.from;
        onProgress?.({ kind: "settled", jobId: job.jobId, unit: payment.unit, done: shards, total: shards, key: payment.key });
        this.#context.log.info({ jobId: job.jobId, unit: payment.unit, pay: payment.pay.toString(), tip: payment.tip.toString() }, "paid");
      }
      for (const penalty of job.penalties) {
        if (penalty.worker !== me || this.#reported.has(penalty.key)) continue;
        this.#reported.add(penalty.key);
        await journal.forget(penalty.key);
        const lost = penalty.burned + penalty.compensation + penalty.reward;
        if (!this.#first) this.#context.log.warn({ jobId: job.jobId, unit: penalty.unit, lost: lost.toString() }, `claim ${penalty.kind}`);
      }
    }
    this.#first = false;
  }
}
