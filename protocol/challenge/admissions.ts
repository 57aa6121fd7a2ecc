import { ZeroHash } from "ethers";

import { reading, type JobRecord, type UnitRecord } from "../chain/index.ts";
import { OrionError } from "../common/index.ts";
import { ANYONE, challengerPath, type Admission } from "../disputes/index.ts";
import type { ServiceContext } from "../jobs/index.ts";
import { loadChallengers } from "./challenger-list.ts";

/** The job names who may demand of its claims, and the account is not among them. */
export class NotAChallengerError extends OrionError {
  readonly code = "NOT_A_CHALLENGER";
  readonly retryable = false;
}

type Named = Pick<JobRecord, "jobId" | "terms" | "penalties">;
type Challenged = Pick<UnitRecord, "index" | "key" | "attempt" | "worker">;

/** What shows the judge that an account may demand of the claims of jobs; each job's list is fetched and hashed once. */
export class Admissions {
  readonly #context: Pick<ServiceContext, "chain" | "store" | "sender">;
  readonly #signal: AbortSignal | undefined;
  readonly #paths = new Map<string, Promise<string[] | undefined>>();

  /** @param context its sender is the account that demands */
  constructor(context: Pick<ServiceContext, "chain" | "store" | "sender">, signal?: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /**
   * The admission to a claim; undefined for an account that may not demand of it. A claim of a job without a list is open to anyone. Else the account is
   * the worker, or the provider, of a claim of the unit that fell by silence and has no verdict yet; or it stands on the list.
   * @throws IntegrityError where the job's list is not published, UnavailableError while it cannot be fetched
   */
  async of(job: Named, unit: Challenged): Promise<Admission | undefined> {
    if (job.terms.challengers === ZeroHash) return ANYONE;
    // Needs nothing that the poster has to publish.
    const reserve = await this.#reserve(job, unit);
    if (reserve !== undefined) return { path: [], reserve, attempt: unit.attempt };
    const path = await this.#path(job);
    return path === undefined ? undefined : { path, reserve: ZeroHash, attempt: 0 };
  }

  /** @throws NotAChallengerError where the account may not demand of the claim; else as `of` */
  async require(job: Named, unit: Challenged): Promise<Admission> {
    const admission = await this.of(job, unit);
    if (admission !== undefined) return admission;
    const { address } = this.#context.sender;
    throw new NotAChallengerError(`the job names who may demand of its claims, and ${address} is not among them`, {
      hint: "use an account of the job's list, or one whose own claim of this unit has fallen by silence",
    });
  }

  /** Forgets the lists of all other jobs. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const jobId of this.#paths.keys()) if (!jobIds.has(jobId)) this.#paths.delete(jobId);
  }

  /** The fallen claim of the unit whose reserve lets this account demand of the next ones. */
  async #reserve({ penalties }: Named, { index, key, attempt, worker }: Challenged): Promise<string | undefined> {
    const { chain, sender } = this.#context;
    const { reserves } = chain.contracts;
    const { address } = sender;
    const own = penalties.filter(
      ({ unit, reserved, worker: fallen, claim }) =>
        unit === index && reserved > 0n && (fallen === address || claim.provider === address),
    );
    for (const fallen of own) {
      const args = [key, attempt, worker, fallen.key, address] as const;
      if (await reading(chain, () => reserves.mayDemand(...args))) return fallen.key;
    }
    return undefined;
  }

  #path({ jobId, terms }: Named): Promise<string[] | undefined> {
    const { store, sender } = this.#context;
    const options = this.#signal === undefined ? {} : { signal: this.#signal };
    const path =
      this.#paths.get(jobId) ??
      loadChallengers(store, terms, options).then((accounts) => challengerPath(accounts, sender.address));
    this.#paths.set(jobId, path);
    // What could not be had may come.
    path.catch(() => this.#paths.delete(jobId));
    return path;
  }
}
