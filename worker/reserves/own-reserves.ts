import { reading, type JobRecord, type MarketState, type PenaltyRecord } from "@orion/protocol/chain";
import { Reserves } from "@orion/protocol/challenge";
import type { ServiceContext } from "@orion/protocol/jobs";

/** A claim of this account that fell by silence, whose unit has no verdict yet. */
export interface OwnReserve {
  readonly job: JobRecord;
  readonly fallen: PenaltyRecord;
}

/** Of more fallen claims nothing is kept and nothing is watched; the latest ones count. */
const MOST_WATCHED = 64;
/** After this time without a verdict anyone may burn a reserve. */
const RESERVE_LASTS_SECONDS = 90 * 86_400;

/** The reserves of an account, as worker or as provider: what of them is worth keeping, and what can be paid out. */
export class OwnReserves {
  readonly #context: ServiceContext;
  readonly #reserves: Reserves;
  /** When each claim fell, chain time, once it was looked up. */
  readonly #fellAt = new Map<string, number>();

  constructor(context: ServiceContext) {
    this.#context = context;
    const { address } = context.sender;
    this.#reserves = new Reserves(context, ({ worker, claim }) => worker === address || claim.provider === address);
  }

  /** The latest reserves that nobody has decided, oldest first. */
  undecided(state: MarketState): OwnReserve[] {
    return this.#open(state)
      .filter(({ job, fallen }) => job.units.get(fallen.unit).status !== "settled")
      .filter(({ fallen }) => !this.#isExpired(fallen.key))
      .slice(-MOST_WATCHED);
  }

  /** Keys of the fallen claims whose output roots may be needed, the latest first, and the jobs whose content may. */
  needed(state: MarketState): { readonly keys: readonly string[]; readonly jobIds: ReadonlySet<string> } {
    const undecided = this.undecided(state);
    return {
      keys: undecided.map(({ fallen }) => fallen.key).reverse(),
      jobIds: new Set(undecided.map(({ job }) => job.jobId)),
    };
  }

  /** Looks once at each reserve, so that those which are paid out or too old are forgotten. */
  async look(state: MarketState): Promise<void> {
    const { chain } = this.#context;
    for (const { fallen } of this.undecided(state)) {
      if (this.#fellAt.has(fallen.key)) continue;
      const { amount, fellAt } = await reading(chain, () => chain.contracts.reserves.reserveOf(fallen.key));
      if (amount === 0n) this.#reserves.forget(fallen.key);
      else this.#fellAt.set(fallen.key, Number(fellAt));
    }
  }

  /** Has all decided reserves paid out. */
  async payOut(state: MarketState, signal: AbortSignal): Promise<void> {
    for (const job of state.jobs.values()) {
      if (job.penalties.length > 0) await this.#reserves.payOut(job, signal);
    }
  }

  #open(state: MarketState): OwnReserve[] {
    return [...state.jobs.values()].flatMap((job) =>
      job.penalties.length === 0 ? [] : this.#reserves.open(job).map((fallen) => ({ job, fallen })),
    );
  }

  #isExpired(key: string): boolean {
    const fellAt = this.#fellAt.get(key);
    return fellAt !== undefined && this.#context.follower.time > fellAt + RESERVE_LASTS_SECONDS;
  }
}
