import type Mocha from "mocha";

interface Methods {
  run(this: Mocha.Runnable, done: (error?: unknown) => void): void;
  timeout(this: Mocha.Runnable, ms?: string | number): number | Mocha.Runnable;
}

/** The methods that a class had before: of a class and of one below it the lower one's factor counts alone. */
const originals = new WeakMap<object, Methods>();

/**
 * Multiplies every time limit by the machine's factor at that moment, whether it comes from the command
 * line or from `this.timeout()` in a suite, a test or a hook. Limits pass from suites to their tests while files are
 * loaded, so each is multiplied when its test starts, and those set in the body of a running one at once.
 */
export function makePatient(runnable: typeof Mocha.Runnable.prototype, factorNow: () => number): void {
  const original = originals.get(Object.getPrototypeOf(runnable) as object) ?? {
    run: Reflect.get(runnable, "run") as Methods["run"],
    timeout: Reflect.get(runnable, "timeout"),
  };
  originals.set(runnable, original);
  const started = new WeakSet<Mocha.Runnable>();
  const running = new WeakSet<Mocha.Runnable>();
  Object.assign(runnable, {
    timeout(this: Mocha.Runnable, ms?: string | number): number | Mocha.Runnable {
      if (ms === undefined) return original.timeout.call(this);
      return original.timeout.call(this, typeof ms === "number" && running.has(this) ? ms * factorNow() : ms);
    },
    run(this: Mocha.Runnable, done: (error?: unknown) => void): void {
      if (!started.has(this)) original.timeout.call(this, Number(original.timeout.call(this)) * factorNow());
      started.add(this);
      running.add(this);
      original.run.call(this, (error?: unknown) => {
        running.delete(this);
        done(error);
      });
    },
  });
}
