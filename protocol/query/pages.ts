/** The most that an index gives at a time. */
export const PAGE = 1_000;
/** The most entities that it passes over before a page. */
const MOST_SKIPPED = 5_000;
/** Above every id of an event. */
const ABOVE_ALL = `0x${"ff".repeat(12)}`;

/** Up to `limit` entities of an order of any kind; at most 6,000, as far as an index counts. */
export async function skippedPages<T>(
  limit: number,
  page: (first: number, skip: number) => Promise<readonly T[]>,
): Promise<T[]> {
  const all: T[] = [];
  while (all.length < limit && all.length <= MOST_SKIPPED) {
    const first = Math.min(PAGE, limit - all.length);
    const part = await page(first, all.length);
    all.push(...part);
    if (part.length < first) break;
  }
  return all;
}

/** Up to `limit` events, the newest first: each page begins below the last event of the one before, so none is met twice. */
export async function newestFirst<T extends { readonly id: string }>(
  limit: number,
  page: (first: number, before: string) => Promise<readonly T[]>,
): Promise<T[]> {
  const all: T[] = [];
  while (all.length < limit) {
    const first = Math.min(PAGE, limit - all.length);
    const part = await page(first, all.at(-1)?.id ?? ABOVE_ALL);
    all.push(...part);
    if (part.length < first) break;
  }
  return all;
}
