import { FetchPlaces, type Fetch } from "./fetch-places.ts";

/** A claim whose inputs are fetched now. */
export interface Loading<T> {
  readonly claim: T;
  readonly fetch: Fetch;
}

/**
 * Of which claims the next shard's inputs are fetched: the most urgent ones, one of a job at a time, but first those of jobs that cost the others the least time so far. So whoever withholds inputs holds
 * up others for one short try of each of its jobs, in one of several places.
 */
export class LoadingTurns {
  readonly #places = new FetchPlaces();

  /**
   * Gives the free places away; each is held until `end`.
   * @param claims all that could be fetched for now, the most urgent first
   * @param most as many as are wanted
   * @param now milliseconds
   */
  take<T extends { readonly jobId: string }>(claims: readonly T[], most: number, now: number): Loading<T>[] {
    this.#places.makeRoom(
      now,
      claims.map(({ jobId }) => jobId),
    );
    const taken: Loading<T>[] = [];
    for (const claim of this.#inOrder(claims, ({ jobId }) => jobId)) {
      if (taken.length >= most) break;
      const { jobId } = claim;
      if (this.#places.underWay(jobId) > 0 || !this.#places.hasRoom(jobId)) continue;
      taken.push({ claim, fetch: this.#places.begin(jobId, now) });
    }
    return taken;
  }

  /** Frees a place. @param isHere whether the inputs came */
  end(fetch: Fetch, isHere: boolean, now: number): void {
    this.#places.end(fetch, isHere, now);
  }

  /** Seconds that each of these jobs, of the most urgent claims first, is expected to wait. */
  waits(jobIds: readonly string[]): Map<string, number> {
    return this.#places.waits(this.#inOrder([...new Set(jobIds)], (jobId) => jobId));
  }

  isSlow(jobId: string): boolean {
    return this.#places.isSlow(jobId);
  }

  /** Forgets all other jobs, except those that hold a place. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    this.#places.keepOnly(jobIds);
  }

  #inOrder<T>(all: readonly T[], jobIdOf: (one: T) => string): T[] {
    return all.toSorted((a, b) => this.#places.lost(jobIdOf(a)) - this.#places.lost(jobIdOf(b)));
  }
}
