/** What a worker's claims on retired jobs came to. */
export interface RetiredTotals {
  /** Units that were settled. */
  readonly settled: number;
  /** CU base units: pay and tips, and fees that the worker received itself. */
  readonly earned: bigint;
  /** Claims that expired or were forfeited. */
  readonly penalties: number;
  /** ORION wei. */
  readonly lost: bigint;
}

const NOTHING: RetiredTotals = { settled: 0, earned: 0n, penalties: 0, lost: 0n };

/** What is left in memory of the jobs that were retired: a number, and totals by worker. */
export class RetiredJobs {
  readonly #workers: Map<string, RetiredTotals>;
  #count: number;

  constructor(count = 0, workers: Iterable<readonly [worker: string, totals: RetiredTotals]> = []) {
    this.#count = count;
    this.#workers = new Map(workers);
  }

  get count(): number {
    return this.#count;
  }

  of(worker: string): RetiredTotals {
    return this.#workers.get(worker) ?? NOTHING;
  }

  /** Totals by worker, in the order of the workers' addresses. */
  entries(): [worker: string, totals: RetiredTotals][] {
    return [...this.#workers].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  add(job: Claims): void {
    this.#count++;
    for (const worker of new Set([...job.payments, ...job.penalties].map((claim) => claim.worker))) {
      const [before, more] = [this.of(worker), totalsOf(job, worker)];
      this.#workers.set(worker, {
        settled: before.settled + more.settled,
        earned: before.earned + more.earned,
        penalties: before.penalties + more.penalties,
        lost: before.lost + more.lost,
      });
    }
  }
}

/** What is counted of a job. */
interface Claims {
  readonly payments: readonly { worker: string; pay: bigint; tip: bigint; fee: bigint; feeTo: string }[];
  readonly penalties: readonly { worker: string; burned: bigint; compensation: bigint; reward: bigint }[];
}

/** What a worker's claims on one job came to. */
export function totalsOf({ payments, penalties }: Claims, worker: string): RetiredTotals {
  const paid = payments.filter((payment) => payment.worker === worker);
  const fallen = penalties.filter((penalty) => penalty.worker === worker);
  return {
    settled: paid.length,
    earned: paid.reduce((sum, { pay, tip, fee, feeTo }) => sum + pay + tip + (feeTo === worker ? fee : 0n), 0n),
    penalties: fallen.length,
    lost: fallen.reduce((sum, { burned, compensation, reward }) => sum + burned + compensation + reward, 0n),
  };
}
