import type { Clock } from "./clock.ts";

/**
 * What `work` comes to, or what `late` gives or throws where the work takes longer than `ms`, or `signal` aborts before it has ended. The work itself goes on; what it then fails with is nobody's.
 */
export async function unlessLate<T, L>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  late: () => L,
  signal?: AbortSignal,
): Promise<T | L> {
  const ended = new AbortController();
  const stop = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  try {
    return await Promise.race([work, clock.sleep(ms, stop).then(late)]);
  } finally {
    ended.abort();
  }
}
