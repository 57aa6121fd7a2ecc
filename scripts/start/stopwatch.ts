export const PHASES = [
  "compile",
  "network",
  "services",
  "trade",
  "post",
  "compute",
  "settle",
  "result",
  "index",
] as const;
export type Phase = (typeof PHASES)[number];

/** Seconds that each phase took, in all: a phase may come again. */
export class Stopwatch {
  readonly #started = performance.now();
  readonly #seconds = new Map<Phase, number>();
  #phase: Phase | undefined;
  #since = this.#started;

  /** Ends the phase under way and begins the next one. */
  begin(phase: Phase): void {
    this.end();
    this.#phase = phase;
  }

  end(): void {
    const now = performance.now();
    const before = this.#phase === undefined ? 0 : (this.#seconds.get(this.#phase) ?? 0);
    if (this.#phase !== undefined) this.#seconds.set(this.#phase, before + (now - this.#since) / 1000);
    this.#since = now;
    this.#phase = undefined;
  }

  get elapsed(): number {
    return (performance.now() - this.#started) / 1000;
  }

  report(): Readonly<Record<string, number>> {
    const phases = [...this.#seconds].map(([phase, seconds]) => [phase, round(seconds)] as const);
    return { ...Object.fromEntries(phases), total: round(this.elapsed) };
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
