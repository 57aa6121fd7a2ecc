/** A signal that aborts after a time, or with another signal. */
export function timeLimit(ms: number, stop?: AbortSignal): AbortSignal {
  const limit = AbortSignal.timeout(ms);
  return stop === undefined ? limit : AbortSignal.any([limit, stop]);
}
