import { AbortedError } from "../../common/errors.ts";

/** Longest stretch of computing after which other tasks of the process get their turn, ms. */
const STRETCH = 40;

/** Called between two pieces of a long computation. It is undefined where nothing has to be waited for. */
export type Pause = () => Promise<void> | undefined;

/** Gives way to other tasks if the last time was long ago, and throws AbortedError once `signal` aborts. */
export function createPause(signal?: AbortSignal): Pause {
  let last = performance.now();
  const requireRunning = (): void => {
    if (signal?.aborted === true) throw new AbortedError("the model's run was stopped");
  };
  return () => {
    requireRunning();
    if (performance.now() - last < STRETCH) return undefined;
    return new Promise<void>((resolve) => setTimeout(resolve)).then(() => {
      last = performance.now();
      requireRunning();
    });
  };
}
