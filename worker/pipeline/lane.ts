import { AbortedError } from "@orion/protocol/common";

interface Waiting {
  readonly order: number;
  readonly start: () => void;
}

/** Runs a limited number of tasks at the same time; of those that wait, the one with the lowest order starts first. */
export class Lane {
  readonly #width: number;
  readonly #before: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  /**
   * @param width tasks that run at the same time
   * @param before awaited before each task, when its turn has come
   */
  constructor(width = 1, before?: (signal: AbortSignal) => Promise<void>) {
    this.#width = width;
    this.#before = before;
  }

  /**
   * Runs a task when its turn comes.
   * @param order such as a deadline; equal ones start in the order of their calls
   * @throws AbortedError when the signal aborts before the task has started, otherwise whatever the task throws
   */
  async run<T>(order: number, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await this.#turn(order, signal);
    try {
      await this.#before?.(signal);
      if (signal.aborted) throw stopped();
      return await task();
    } finally {
      this.#running--;
      this.#startNext();
    }
  }

  #turn(order: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(stopped());
      };
      const waiting: Waiting = {
        order,
        start: () => {
          signal.removeEventListener("abort", leave);
          this.#running++;
          resolve();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#startNext();
    });
  }

  #startNext(): void {
    while (this.#running < this.#width) {
      const next = this.#waiting.reduce<Waiting | undefined>(
        (first, other) => (first === undefined || other.order < first.order ? other : first),
        undefined,
      );
      if (next === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.start();
    }
  }
}

function stopped(): AbortedError {
  return new AbortedError("stopped while waiting for its turn");
}
