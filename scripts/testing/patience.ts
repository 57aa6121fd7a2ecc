import { createHash } from "node:crypto";
import { availableParallelism, loadavg } from "node:os";

/**
 * The environment variable that tells tests and what they start how many times as long as usual they may wait. A run
 * that finds it set does not measure.
 */
export const PATIENCE = "ORION_TEST_PATIENCE";

/** Time limits are never shorter than they are written, and never so long that a test that hangs is not found. */
const [LEAST, MOST] = [1, 8];

/** Milliseconds that `work` takes on the machine for which time limits are written, while it does nothing else. */
const REFERENCE_MS = 60;
const ROUNDS = 5;

/** As tests do: objects, strings, sorting and hashing. */
function work(): string {
  const hash = createHash("sha256");
  for (let round = 0; round < 4; round++) {
    const words = Array.from({ length: 20_000 }, (_, i) => ({ key: ((i * 2_654_435_761) >>> 7).toString(36), i }));
    words.sort((a, b) => (a.key < b.key ? -1 : 1));
    const seen = new Map(words.map(({ key, i }) => [key, i]));
    hash.update(JSON.stringify([...seen].slice(0, 5_000)));
    hash.update(Buffer.alloc(1 << 20, round));
  }
  return hash.digest("hex");
}

/** The factor for measured milliseconds and processes that wait for each core; `undefined` reads as 1. */
export function patienceFor(milliseconds: number, loadPerCore: number): number {
  const slowness = Math.max(milliseconds / REFERENCE_MS, loadPerCore);
  return Number(Math.min(MOST, Math.max(LEAST, slowness)).toFixed(2));
}

/** Processes that have waited for each core during the last minute. */
function loadPerCore(): number {
  return (loadavg()[0] ?? 0) / availableParallelism();
}

/** Measures the machine's speed and how busy it is; takes less than a second on a free one. */
export function measurePatience(): number {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    work();
    if (round > 0) times.push(performance.now() - start); // the first one compiles
  }
  const mean = times.reduce((sum, time) => sum + time, 0) / ROUNDS;
  return patienceFor(mean, loadPerCore());
}

/** The factor for what begins now: the run's own, or more where the machine has become busier since. */
export function patienceNow(env: Readonly<Record<string, string | undefined>>, load = loadPerCore()): number {
  return Math.min(MOST, Math.max(patienceOf(env), load));
}

/** The factor that a run was started with; 1 where it was started in another way. */
export function patienceOf(env: Readonly<Record<string, string | undefined>>): number {
  const given = Number(env[PATIENCE] ?? LEAST);
  return Number.isFinite(given) ? Math.min(MOST, Math.max(LEAST, given)) : LEAST;
}
