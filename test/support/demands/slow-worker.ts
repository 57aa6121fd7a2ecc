/** A demand that is open, as its worker sees it. */
export interface Due {
  readonly name: string;
  readonly deadline: number;
  /** What must be computed for it; demands of the same name are answered by one computation. Undefined for what is kept on disk. */
  readonly computation: string | undefined;
  /** Before this second it is not computed. */
  readonly turn: number;
}

/**
 * The pace of a worker that computes one thing at a time, what is due first and whose turn has come, and needs a quarter of a turn for each. Seconds of chain time.
 */
export class SlowWorker {
  readonly #seconds: number;
  readonly #waiting = new Map<string, Due>();
  /** What can be answered, from that second on. */
  readonly ready = new Map<string, { readonly due: Due; readonly since: number }>();
  #running: { readonly computation: string; readonly end: number } | undefined;

  /** @param seconds that one computation takes */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  demanded(due: Due, now: number): void {
    if (due.computation === undefined) this.ready.set(due.name, { due, since: now });
    else this.#waiting.set(due.name, due);
    this.#begin(now);
  }

  /** The next second at which something begins or ends; Infinity where nothing does. */
  get next(): number {
    if (this.#running !== undefined) return this.#running.end;
    return Math.min(...[...this.#waiting.values()].map(({ turn }) => turn), Infinity);
  }

  /** Lets time go on to a second that is no later than `next`. */
  pass(now: number): void {
    if (this.#running !== undefined && this.#running.end <= now) {
      for (const [name, due] of this.#waiting) {
        if (due.computation !== this.#running.computation) continue;
        this.#waiting.delete(name);
        this.ready.set(name, { due, since: now });
      }
      this.#running = undefined;
    }
    this.#begin(now);
  }

  #begin(now: number): void {
    if (this.#running !== undefined) return;
    const first = [...this.#waiting.values()]
      .filter(({ turn }) => turn <= now)
      .sort((a, b) => a.deadline - b.deadline)[0];
    if (first?.computation === undefined) return;
    this.#running = { computation: first.computation, end: now + this.#seconds };
  }
}
