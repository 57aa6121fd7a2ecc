import type { ChallengeContext, ClaimCheck } from "@orion/protocol/challenge";
import { growingPause, monotonic, OrionError } from "@orion/protocol/common";

import { isSampled } from "./sampling.ts";

/** Where the check of one claim stands. */
export interface Checked {
  readonly key: string;
  readonly firstSeen: number;
  state: "new" | "ready" | "right" | "wrong" | "late" | "given up";
  /** Until the claim is decided. */
  check?: ClaimCheck;
  /** Something is under way for it. */
  busy: boolean;
  /** Seconds of computing that it took. */
  spent: number;
  asideUntil: number;
  /** When its demands are looked at again after its window. */
  overdueAt: number;
  failures: number;
}

/** States in which a claim is, or will be, recomputed. */
const COMPUTED: ReadonlySet<Checked["state"]> = new Set(["new", "ready", "wrong"]);

/** After a failure a claim is left alone for a time that doubles; a window does not wait long. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** The claims that a validator looks after, and what is under way for each: the trouble of one is kept away from all others. */
export class CheckedClaims {
  readonly #context: Pick<ChallengeContext, "clock" | "log" | "follower" | "sealSecret">;
  readonly #rate: number;
  readonly #claims = new Map<string, Checked>();
  readonly #tasks = new Set<Promise<void>>();
  #bug: Error | undefined;

  /** @param rate share of the claims that are recomputed, 0 to 1; all unless given */
  constructor(context: Pick<ChallengeContext, "clock" | "log" | "follower" | "sealSecret">, rate = 1) {
    this.#context = context;
    this.#rate = rate;
  }

  /** The claim with this key, new where it was not seen before. */
  of(key: string): Checked {
    const known = this.#claims.get(key);
    if (known !== undefined) return known;
    const checked: Checked = {
      key,
      firstSeen: this.#context.follower.time,
      // What is not sampled is not computed, but its unanswered demands are still seen to.
      state: isSampled(this.#context.sealSecret, key, this.#rate) ? "new" : "given up",
      busy: false,
      spent: 0,
      asideUntil: 0,
      overdueAt: 0,
      failures: 0,
    };
    this.#claims.set(key, checked);
    return checked;
  }

  get(key: string): Checked | undefined {
    return this.#claims.get(key);
  }

  /** Nothing is under way for the claim, and it does not have to wait after a failure. */
  isReady({ busy, asideUntil }: Checked): boolean {
    return !busy && monotonic(this.#context.clock) >= asideUntil;
  }

  /** Runs one piece of work for a claim. @returns resolves when it has ended, whether it succeeded or not */
  start(checked: Checked, work: () => Promise<void>): Promise<void> {
    checked.busy = true;
    const task = work().then(
      () => {
        checked.failures = 0;
      },
      (error: unknown) => this.#failed(checked, error),
    );
    const ended = task.finally(() => {
      checked.busy = false;
      // What is decided is not computed again. A check holds the content of its job, and a claim may wait for days to be settled.
      if (!COMPUTED.has(checked.state)) delete checked.check;
      this.#tasks.delete(ended);
    });
    this.#tasks.add(ended);
    return ended;
  }

  /** Resolves when what is under way now has ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#tasks);
  }

  /** @throws what a piece of work threw and is no OrionError */
  throwBug(): void {
    if (this.#bug !== undefined) throw this.#bug;
  }

  forget(key: string): void {
    this.#claims.delete(key);
  }

  /** Forgets all other claims. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#claims.keys()) if (!keys.has(key)) this.#claims.delete(key);
  }

  #failed(checked: Checked, error: unknown): void {
    const { clock, log } = this.#context;
    if (!(error instanceof OrionError)) {
      this.#bug ??= error instanceof Error ? error : new Error(String(error));
      return;
    }
    if (error.code === "ABORTED") return;
    checked.failures++;
    checked.asideUntil = monotonic(clock) + growingPause(checked.failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    const { key, failures } = checked;
    log.warn({ key, code: error.code, failures }, `a claim cannot be checked for now: ${error.message}`);
  }
}
