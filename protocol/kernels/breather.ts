/** Longest stretch of computing after which other tasks of the process (heartbeats, a page's events) get their turn, ms. */
const STRETCH = 40;

/** A function that gives way to other tasks if the last time was long ago. */
export function createBreather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < STRETCH) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
