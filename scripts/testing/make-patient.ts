import type Mocha from "mocha";

/**
 * Multiplies every time limit by the machine's factor, whether it comes from the command
 * line or from `this.timeout()` in a suite, a test or a hook. Limits pass from suites to their tests while files are
 * loaded, so each is multiplied when its test starts, and those set in the body of a running one at once.
 */
export function makePatient(runnable: typeof Mocha.Runnable.prototype, factor: number): void {
  const { run, timeout } = runnable as unknown as {
    run: (this: Mocha.Runnable, done: (error?: unknown) => void) => void;
    timeout: (this: Mocha.Runnable, ms?: string | number) => number | Mocha.Runnable;
  };
  const started = new WeakSet<Mocha.Runnable>();
  const running = new WeakSet<Mocha.Runnable>();
  Object.assign(runnable, {
    timeout(this: Mocha.Runnable, ms?: string | number): number | Mocha.Runnable {
      if (ms === undefined) return timeout.call(this);
      return timeout.call(this, typeof ms === "number" && running.has(this) ? ms * factor : ms);
    },
    run(this: Mocha.Runnable, done: (error?: unknown) => void): void {
      if (!started.has(this)) timeout.call(this, Number(timeout.call(this)) * factor);
      started.add(this);
      running.add(this);
      run.call(this, (error?: unknown) => {
        running.delete(this);
        done(error);
      });
    },
  });
}
