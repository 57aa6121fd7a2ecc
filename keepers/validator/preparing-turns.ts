import { FetchPlaces, type Fetch } from "./fetch-places.ts";

/** A claim that waits for what it is checked with. */
export interface Unprepared {
  readonly jobId: string;
  /** Chain time at which its window ends. */
  readonly windowEnd: number;
  /** How often it was tried in vain. */
  readonly attempts: number;
}

/** A claim that is prepared now. */
export interface Preparing<T> {
  readonly claim: T;
  readonly fetch: Fetch;
}

/** Most claims of one job that are prepared at the same time, once its content was seen to come; until then it gets one. */
const PLACES_OF_KNOWN_JOB = 2;

/** What is known of a job that has claims to prepare. */
interface Turn {
  /** Serial number of its last attempt, or of its arrival: who waits longest has the smallest. */
  waiting: number;
  /** Its attempts, counted from the number that the job with the fewest had when it arrived. */
  rounds: number;
  isContentHere: boolean;
}

/**
 * Which claims are prepared next. Places go to jobs, because it is a job whose content nobody serves, however many claims it has. By turns a place goes to the job that waits longest, so that each
 * of n jobs is served within 2·n places whatever the others do, and to the job with the fewest attempts, the earliest window among equals. Where content takes long, its places are few.
 */
export class PreparingTurns {
  readonly #places = new FetchPlaces();
  readonly #turns = new Map<string, Turn>();
  #serial = 0;
  #byWaiting = true;

  /**
   * Gives the free places away; each is held until `end`.
   * @param claims all that can be prepared now
   * @param now chain time; in its job a claim whose window has ended comes after all others
   * @param ms milliseconds, for durations
   */
  take<T extends Unprepared>(claims: readonly T[], now: number, ms: number): Preparing<T>[] {
    this.#arrive(claims);
    const queues = Map.groupBy(claims, ({ jobId }) => jobId);
    for (const queue of queues.values()) queue.sort((a, b) => byAttempts(a, b, now));
    this.#places.makeRoom(ms, queues.keys());
    const taken: Preparing<T>[] = [];
    for (;;) {
      const claim = this.#next(queues, now);
      if (claim === undefined) return taken;
      taken.push({ claim, fetch: this.#places.begin(claim.jobId, ms) });
    }
  }

  /** Frees a place. @param isContentHere whether the job's content has come */
  end(fetch: Fetch, isContentHere: boolean, ms: number): void {
    this.#places.end(fetch, isContentHere, ms);
    const turn = this.#turns.get(fetch.jobId);
    if (turn !== undefined) turn.isContentHere = isContentHere;
  }

  /** Seconds that the next claim of each of these jobs is expected to wait until it is prepared. */
  waits(jobIds: readonly string[]): Map<string, number> {
    const waiting = (jobId: string): number => this.#turns.get(jobId)?.waiting ?? Number.MAX_SAFE_INTEGER;
    return this.#places.waits([...new Set(jobIds)].sort((a, b) => waiting(a) - waiting(b)));
  }

  /** Forgets all other jobs, except those that hold a place. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    this.#places.keepOnly(jobIds);
    for (const jobId of this.#turns.keys()) {
      if (this.#places.underWay(jobId) === 0 && !jobIds.has(jobId)) this.#turns.delete(jobId);
    }
  }

  #arrive(claims: readonly Unprepared[]): void {
    let rounds = Infinity;
    for (const turn of this.#turns.values()) rounds = Math.min(rounds, turn.rounds);
    if (rounds === Infinity) rounds = 0;
    for (const { jobId } of claims) {
      if (this.#turns.has(jobId)) continue;
      this.#turns.set(jobId, { waiting: this.#serial++, rounds, isContentHere: false });
    }
  }

  /** Takes the first claim off the queue of the job whose turn it is. */
  #next<T extends Unprepared>(queues: ReadonlyMap<string, T[]>, now: number): T | undefined {
    let best: { queue: T[]; first: T; turn: Turn } | undefined;
    for (const [jobId, queue] of queues) {
      const [first] = queue;
      const turn = this.#turns.get(jobId);
      if (first === undefined || turn === undefined) continue;
      if (this.#places.underWay(jobId) >= (turn.isContentHere ? PLACES_OF_KNOWN_JOB : 1)) continue;
      if (!this.#places.hasRoom(jobId)) continue;
      const order = (other: { first: T; turn: Turn }): number =>
        this.#byWaiting
          ? turn.waiting - other.turn.waiting
          : turn.rounds - other.turn.rounds || byWindow(first, other.first, now) || turn.waiting - other.turn.waiting;
      if (best === undefined || order(best) < 0) best = { queue, first, turn };
    }
    if (best === undefined) return undefined;
    this.#byWaiting = !this.#byWaiting;
    best.turn.waiting = this.#serial++;
    best.turn.rounds++;
    return best.queue.shift();
  }
}

function byAttempts(a: Unprepared, b: Unprepared, now: number): number {
  return Number(isOver(a, now)) - Number(isOver(b, now)) || a.attempts - b.attempts || a.windowEnd - b.windowEnd;
}

function byWindow(a: Unprepared, b: Unprepared, now: number): number {
  return Number(isOver(a, now)) - Number(isOver(b, now)) || a.windowEnd - b.windowEnd;
}

function isOver({ windowEnd }: Unprepared, now: number): boolean {
  return windowEnd < now;
}
