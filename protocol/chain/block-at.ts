import type { Chain } from "./chain.ts";

/** A block and its time, in seconds. */
export interface TimedBlock {
  readonly number: number;
  readonly time: number;
}

/** Each so many looks the middle is looked at: block times that are not even cost three times the looks of a bisection at most. */
const HALVE_EVERY = 3;

/**
 * The newest block whose time is not after `seconds`. Looks first where an even pace of blocks would put it, which takes some three calls on a chain of even pace.
 * @param first the oldest block that is looked at
 * @param last the newest one
 * @returns one less than `first` where all of them are later
 */
export async function blockAt(chain: Chain, seconds: number, first: number, last: TimedBlock): Promise<number> {
  if (last.time <= seconds) return last.number;
  const begin = await chain.provider.getBlock(first);
  if (begin === null || begin.timestamp > seconds) return first - 1;
  let [low, high]: [TimedBlock, TimedBlock] = [{ number: first, time: begin.timestamp }, last];
  for (let look = 1; high.number - low.number > 1; look++) {
    const number = look % HALVE_EVERY === 0 ? (low.number + high.number) >> 1 : evenPace(seconds, low, high);
    const block = await chain.provider.getBlock(number);
    if (block !== null && block.timestamp <= seconds) low = { number, time: block.timestamp };
    else high = { number, time: block?.timestamp ?? high.time };
  }
  return low.number;
}

/** A block between two others. */
function evenPace(seconds: number, low: TimedBlock, high: TimedBlock): number {
  const part = (seconds - low.time) / (high.time - low.time);
  const number = low.number + Math.floor(part * (high.number - low.number));
  return Math.max(low.number + 1, Math.min(high.number - 1, number));
}
