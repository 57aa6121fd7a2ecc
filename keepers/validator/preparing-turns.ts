/** A claim that waits for what it is checked with. */
export interface Unprepared {
  readonly jobId: string;
  /** Chain time at which its window ends. */
  readonly windowEnd: number;
  /** How often it was tried in vain. */
  readonly attempts: number;
}

/** Claims that are prepared at the same time. */
const PLACES = 4;
/** Most of them for one job, once its content was seen to come; until then it gets one. */
const PLACES_OF_KNOWN_JOB = 2;

/** What is known of a job that has claims to prepare. */
interface Turn {
  /** Serial number of its last attempt, or of its arrival: who waits longest has the smallest. */
  waiting: number;
  /** Its attempts, counted from the number that the job with the fewest had when it arrived. */
  rounds: number;
  underWay: number;
  isContentHere: boolean;
}

/**
 * Which claims are prepared next. Places go to jobs, because it is a job whose content nobody serves, however many claims it has. By turns a place goes to the job that waits longest, so that each
 * of n jobs is served within 2·n places whatever the others do, and to the job with the fewest attempts, the earliest window among equals.
 */
export class PreparingTurns {
  readonly #turns = new Map<string, Turn>();
  #serial = 0;
  #byWaiting = true;

  /**
   * Gives the free places away; each is held until `end`.
   * @param claims all that can be prepared now
   * @param now chain time; in its job a claim whose window has ended comes after all others
   */
  take<T extends Unprepared>(claims: readonly T[], now: number): T[] {
    this.#arrive(claims);
    const queues = Map.groupBy(claims, ({ jobId }) => jobId);
    for (const queue of queues.values()) queue.sort((a, b) => byAttempts(a, b, now));
    const taken: T[] = [];
    for (let room = PLACES - this.#underWay(); room > 0; room--) {
      const next = this.#next(queues, now);
      if (next === undefined) break;
      taken.push(next);
    }
    return taken;
  }

  /** Frees the place of a claim of this job. @param isContentHere whether the job's content has come */
  end(jobId: string, isContentHere: boolean): void {
    const turn = this.#turns.get(jobId);
    if (turn === undefined) return;
    turn.underWay--;
    turn.isContentHere = isContentHere;
  }

  /** Forgets all other jobs, except those that hold a place. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const [jobId, { underWay }] of this.#turns) {
      if (underWay === 0 && !jobIds.has(jobId)) this.#turns.delete(jobId);
    }
  }

  #arrive(claims: readonly Unprepared[]): void {
    let rounds = Infinity;
    for (const turn of this.#turns.values()) rounds = Math.min(rounds, turn.rounds);
    if (rounds === Infinity) rounds = 0;
    for (const { jobId } of claims) {
      if (this.#turns.has(jobId)) continue;
      this.#turns.set(jobId, { waiting: this.#serial++, rounds, underWay: 0, isContentHere: false });
    }
  }

  #underWay(): number {
    let sum = 0;
    for (const { underWay } of this.#turns.values()) sum += underWay;
    return sum;
  }

  /** Takes the first claim off the queue of the job whose turn it is. */
  #next<T extends Unprepared>(queues: ReadonlyMap<string, T[]>, now: number): T | undefined {
    let best: { queue: T[]; first: T; turn: Turn } | undefined;
    for (const [jobId, queue] of queues) {
      const [first] = queue;
      const turn = this.#turns.get(jobId);
      if (first === undefined || turn === undefined) continue;
      if (turn.underWay >= (turn.isContentHere ? PLACES_OF_KNOWN_JOB : 1)) continue;
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
    best.turn.underWay++;
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
