/** What takes longer than this is slow, whether it comes or not. */
export const SLOW_AFTER_MS = 10_000;
/** Longest that may be fetched for a claim at a time. */
export const MOST_FETCH_MS = 120_000;
/** What is fetched at the same time: since a short time only, and for longer. The first hold little, however large it is. */
const PLACES = 12;
const PLACES_OF_SLOW = 4;
/** What the last duration counts for in the mean. */
const NEW_PART = 0.1;
const FIRST_MEAN_SECONDS = 1;

/** Something that is fetched for a claim of a job. */
export interface Fetch {
  readonly jobId: string;
  /** Aborts when it has to make room for others. */
  readonly signal: AbortSignal;
}

interface Place extends Fetch {
  readonly since: number;
  /** Milliseconds after which it makes room for another slow one. */
  readonly patience: number;
  readonly stop: AbortController;
  isSlow: boolean;
}

/** What is known of a job for which something was fetched in vain. */
interface Trouble {
  /** Times in a row. */
  vain: number;
  isSlow: boolean;
  /** Milliseconds that places were held for nothing, ever. */
  lost: number;
}

/**
 * The places in which content is fetched. What has not come after some seconds moves to the few places of the slow ones, or makes room where these are taken, and so do later tries for its job: however
 * many jobs have content that drips in, each holds up the others once, for some seconds, in one of many places. In the slow places each try may take twice as long as the one before.
 */
export class FetchPlaces {
  readonly #places = new Set<Place>();
  readonly #trouble = new Map<string, Trouble>();
  readonly #mean = { ordinary: FIRST_MEAN_SECONDS, slow: SLOW_AFTER_MS / 1_000 };

  /** Of one job; also what was made to end and has not ended yet. */
  underWay(jobId: string): number {
    let count = 0;
    for (const place of this.#places) if (place.jobId === jobId) count++;
    return count;
  }

  isSlow(jobId: string): boolean {
    return this.#trouble.get(jobId)?.isSlow === true;
  }

  /** Whole seconds that places were held in vain for a job. */
  lost(jobId: string): number {
    return Math.floor((this.#trouble.get(jobId)?.lost ?? 0) / 1_000);
  }

  hasRoom(jobId: string): boolean {
    const slow = this.#held(true).length;
    return this.isSlow(jobId) ? slow < PLACES_OF_SLOW : this.#held(false).length < PLACES;
  }

  /**
   * Moves what has become slow, and ends what has to make room.
   * @param now milliseconds
   * @param waiting jobs for which something is to be fetched
   */
  makeRoom(now: number, waiting: Iterable<string>): void {
    for (const place of this.#held(false)) {
      if (now - place.since < SLOW_AFTER_MS) continue;
      this.#troubleOf(place.jobId).isSlow = true;
      if (this.#held(true).length < PLACES_OF_SLOW) place.isSlow = true;
      else place.stop.abort();
    }
    const slow = this.#held(true);
    if (slow.length < PLACES_OF_SLOW) return;
    const overdue = slow.find(({ since, patience }) => now - since >= patience);
    if (overdue === undefined) return;
    for (const jobId of waiting) if (jobId !== overdue.jobId && this.isSlow(jobId)) return overdue.stop.abort();
  }

  /** Takes a place; it is held until `end`, or until it is made to end. */
  begin(jobId: string, now: number): Fetch {
    const stop = new AbortController();
    const vain = this.#trouble.get(jobId)?.vain ?? 0;
    const patience = Math.min(MOST_FETCH_MS, SLOW_AFTER_MS * 2 ** vain);
    const place = { jobId, since: now, patience, stop, signal: stop.signal, isSlow: this.isSlow(jobId) };
    this.#places.add(place);
    return place;
  }

  /** @param isHere whether what was fetched came */
  end(fetch: Fetch, isHere: boolean, now: number): void {
    const place = fetch as Place;
    if (!this.#places.delete(place)) return;
    const took = now - place.since;
    const kind = place.isSlow ? "slow" : "ordinary";
    this.#mean[kind] += NEW_PART * (took / 1_000 - this.#mean[kind]);
    if (isHere) {
      const known = this.#trouble.get(place.jobId);
      if (known !== undefined) Object.assign(known, { vain: 0, isSlow: false });
      return;
    }
    const trouble = this.#troubleOf(place.jobId);
    trouble.vain++;
    trouble.lost += took;
    // What fails at once holds up nobody.
    trouble.isSlow ||= took >= SLOW_AFTER_MS;
  }

  /** Seconds until something is fetched for each of these jobs, by what fetching took lately. @param order who comes first */
  waits(order: Iterable<string>): Map<string, number> {
    const waits = new Map<string, number>();
    const before = { ordinary: 0, slow: 0 };
    const eachTakes = { ordinary: this.#mean.ordinary / PLACES, slow: this.#mean.slow / PLACES_OF_SLOW };
    for (const jobId of order) {
      if (waits.has(jobId) || this.underWay(jobId) > 0) continue;
      const kind = this.isSlow(jobId) ? "slow" : "ordinary";
      waits.set(jobId, before[kind]++ * eachTakes[kind]);
    }
    return waits;
  }

  /** Forgets all other jobs, except those that hold a place. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const jobId of this.#trouble.keys()) {
      if (!jobIds.has(jobId) && this.underWay(jobId) === 0) this.#trouble.delete(jobId);
    }
  }

  /** Oldest first. */
  #held(isSlow: boolean): Place[] {
    return [...this.#places].filter((place) => place.isSlow === isSlow && !place.signal.aborted);
  }

  #troubleOf(jobId: string): Trouble {
    const known = this.#trouble.get(jobId) ?? { vain: 0, isSlow: false, lost: 0 };
    this.#trouble.set(jobId, known);
    return known;
  }
}
