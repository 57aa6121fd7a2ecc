import { monotonic, type Clock } from "../common/clock.ts";
import { chainNow } from "./chain-now.ts";
import type { Chain } from "./chain.ts";
import type { MarketFollower } from "./market-follower.ts";

const REFRESH_MS = 60_000;

/** The chain's time, asked for once a minute and carried on by this machine's steady clock in between. */
export class ChainClock {
  readonly #chain: Chain;
  readonly #follower: Pick<MarketFollower, "time">;
  readonly #clock: Clock;
  #asked: { readonly at: number; readonly time: number } | undefined;

  constructor(chain: Chain, follower: Pick<MarketFollower, "time">, clock: Clock) {
    this.#chain = chain;
    this.#follower = follower;
    this.#clock = clock;
  }

  /** Seconds; never below the newest block that is known. @throws UnavailableError when the chain does not answer */
  async now(): Promise<number> {
    const at = monotonic(this.#clock);
    if (this.#asked === undefined || at - this.#asked.at >= REFRESH_MS) {
      this.#asked = { at, time: await chainNow(this.#chain) };
    }
    return Math.max(this.#follower.time, this.#asked.time + Math.floor((at - this.#asked.at) / 1_000));
  }
}
