import { formatUnits } from "ethers";

import type { JobRecord, MarketState, PaymentRecord, PenaltyRecord } from "@orion/protocol/chain";
import type { ServiceContext } from "@orion/protocol/jobs";

import { endedClaims, knownKeys } from "./ended-claims.ts";
import type { Journal } from "./journal.ts";
import type { WorkerProgress } from "./progress.ts";

/** Watches the end of this account's claims: reports pay and penalties once, and clears the journal of what is over. */
export class Payments {
  readonly #context: ServiceContext;
  readonly #journal: Journal;
  readonly #onProgress: ((progress: WorkerProgress) => void) | undefined;
  /** How much of each job's history was looked at. */
  readonly #seen = new Map<string, { payments: number; penalties: number }>();
  readonly #reported = new Set<string>();
  /** What was settled before this process started is history, not news. */
  #first = true;

  constructor(context: ServiceContext, journal: Journal, onProgress?: (progress: WorkerProgress) => void) {
    this.#context = context;
    this.#journal = journal;
    this.#onProgress = onProgress;
  }

  async report(state: MarketState): Promise<void> {
    if (this.#first) await this.#forgetRetired(state);
    for (const jobId of this.#seen.keys()) if (!state.jobs.has(jobId)) this.#seen.delete(jobId);
    for (const job of state.jobs.values()) {
      const { payments = 0, penalties = 0 } = this.#seen.get(job.jobId) ?? {};
      // A reorganisation may have shortened the history: then all of it is looked at again, and `#reported` keeps it from being told twice.
      const from = (seen: number, length: number): number => (seen > length ? 0 : seen);
      for (const payment of job.payments.slice(from(payments, job.payments.length))) await this.#paid(job, payment);
      for (const penalty of job.penalties.slice(from(penalties, job.penalties.length))) {
        await this.#punished(job, penalty);
      }
      this.#seen.set(job.jobId, { payments: job.payments.length, penalties: job.penalties.length });
    }
    if (this.#first) this.#tellEarlier(state);
    this.#first = false;
  }

  /** What was lost while no worker ran is no news of this process, but its owner's all the same. */
  #tellEarlier(state: MarketState): void {
    const { sender, log } = this.#context;
    const penalties = [...state.jobs.values()].flatMap((job) => job.penalties);
    const own = penalties.filter(({ worker }) => worker === sender.address);
    if (own.length === 0) return;
    const lost = own.reduce((sum, penalty) => sum + lostIn(penalty), 0n);
    log.warn(
      { claims: own.length, lost: lost.toString() },
      `${String(own.length)} claim(s) of this account were lost before this start, ${formatUnits(lost, 18)} ORION in all: \`orion provider status\` shows more`,
    );
  }

  /** Claims may have ended while no worker ran, and their jobs been retired. */
  async #forgetRetired(state: MarketState): Promise<void> {
    const known = knownKeys(state);
    const unknown = (await this.#journal.keys()).filter((key) => !known.has(key));
    if (unknown.length === 0) return;
    for (const key of await endedClaims(this.#context.chain, unknown)) await this.#journal.forget(key);
  }

  async #paid(job: JobRecord, payment: PaymentRecord): Promise<void> {
    if (!(await this.#isNews(payment))) return;
    const { jobId } = job;
    const { from, to } = job.units.get(payment.unit);
    const shards = to - from;
    this.#onProgress?.({ kind: "settled", jobId, unit: payment.unit, done: shards, total: shards, key: payment.key });
    this.#context.log.info(
      { jobId, unit: payment.unit, pay: payment.pay.toString(), tip: payment.tip.toString() },
      "paid",
    );
  }

  async #punished(job: JobRecord, penalty: PenaltyRecord): Promise<void> {
    if (!(await this.#isNews(penalty))) return;
    const lost = lostIn(penalty);
    this.#context.log.warn(
      { jobId: job.jobId, unit: penalty.unit, lost: lost.toString() },
      `claim ${penalty.kind}: ${formatUnits(lost, 18)} ORION lost`,
    );
  }

  async #isNews(event: { key: string; worker: string }): Promise<boolean> {
    if (event.worker !== this.#context.sender.address || this.#reported.has(event.key)) return false;
    this.#reported.add(event.key);
    await this.#journal.forget(event.key);
    return !this.#first;
  }
}

function lostIn({ burned, compensation, reward }: PenaltyRecord): bigint {
  return burned + compensation + reward;
}
