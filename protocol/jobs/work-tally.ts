/** What one process has computed so far, and what it cost; shared by all its jobs where it is given to them. */
export class WorkTally {
  /** Shards whose outputs were computed. */
  shards = 0;
  /** Shards whose traces were made. */
  traces = 0;
  /** Seconds spent in the kernels for outputs. */
  computing = 0;
  /** Seconds spent hashing outputs; what was downloaded is hashed elsewhere. */
  hashing = 0;
  /** Shards among those that were traced to check the outputs of this process itself, and the seconds that took. */
  checks = 0;
  checking = 0;
  /** Seconds spent making traces, their kernels and hashes together. */
  tracing = 0;
}

/** Seconds that `action` takes by the wall clock. */
export async function timed<T>(action: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const start = performance.now();
  const result = await action();
  return { result, seconds: (performance.now() - start) / 1000 };
}
