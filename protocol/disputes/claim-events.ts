import type { Log } from "ethers";

import type { MarketEvent } from "../chain/index.ts";
import { DisputeState, type ClaimDispute } from "./dispute-state.ts";

interface Entry {
  readonly log: Log;
  readonly event: MarketEvent;
}

/** The judge's events of one claim, in the order of the chain whatever the order in which they come, and what they amount to. */
export class ClaimEvents {
  readonly #entries = new Map<string, Entry>();
  /** The last of them in the chain's order. */
  #last: Log | undefined;
  /** What they amount to; undefined after a change other than a new last one. */
  #state: DisputeState | undefined = new DisputeState();
  /** No event is missing. */
  isWhole = false;
  /** The look at which somebody asked for it. */
  askedAt = 0;

  /** Block of the newest event; −1 without one. */
  get newest(): number {
    return this.#last?.blockNumber ?? -1;
  }

  /** Adds an event unless it is known. */
  add(log: Log, event: MarketEvent): void {
    const id = idOf(log);
    if (this.#entries.has(id)) return;
    this.#entries.set(id, { log, event });
    if (this.#last !== undefined && isBefore(log, this.#last)) {
      this.#state = undefined;
      return;
    }
    this.#last = log;
    this.#state?.apply(event);
  }

  remove(log: Log): void {
    if (!this.#entries.delete(idOf(log))) return;
    this.#state = undefined;
    this.#last = undefined;
    for (const entry of this.#entries.values()) {
      if (this.#last === undefined || isBefore(this.#last, entry.log)) this.#last = entry.log;
    }
  }

  /** What happened to the claim, or undefined if nothing did. */
  dispute(market: string, key: string): ClaimDispute | undefined {
    if (this.#state === undefined) {
      this.#state = new DisputeState();
      const inOrder = [...this.#entries.values()].sort((a, b) => (isBefore(a.log, b.log) ? -1 : 1));
      for (const { event } of inOrder) this.#state.apply(event);
    }
    return this.#state.of(market, key);
  }
}

function isBefore(a: Log, b: Log): boolean {
  return a.blockNumber < b.blockNumber || (a.blockNumber === b.blockNumber && a.index < b.index);
}

function idOf({ blockHash, index }: Log): string {
  return `${blockHash}:${String(index)}`;
}
