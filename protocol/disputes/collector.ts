import type { Chain, MarketState, Sender } from "../chain/index.ts";
import { collectPrepayments, type PrepaidClaim } from "./prepayments.ts";

/** Finds on chain the claims whose prepayments an account waited for in earlier lives of its process. */
export type FindEarlier = (chain: Chain, market: MarketState, account: string) => Promise<PrepaidClaim[]>;

/** Brings an account's prepayments home once their claims are over, those of an earlier life of its process included. */
export class PrepaymentCollector {
  readonly #chain: Chain;
  readonly #sender: Sender;
  readonly #earlier: FindEarlier;
  #waiting: Map<string, PrepaidClaim> | undefined;

  constructor(chain: Chain, sender: Sender, earlier: FindEarlier) {
    this.#chain = chain;
    this.#sender = sender;
    this.#earlier = earlier;
  }

  /** Remembers a claim. */
  add(claim: PrepaidClaim): void {
    // Before the first look the chain tells all of them.
    this.#waiting?.set(claim.key, claim);
  }

  /** Collects for every claim that `isActive` denies. @returns wei withdrawn */
  async collect(market: MarketState, isActive: (key: string) => boolean): Promise<bigint> {
    if (this.#waiting === undefined) {
      const claims = await this.#earlier(this.#chain, market, this.#sender.address);
      this.#waiting ??= new Map(claims.map((claim) => [claim.key, claim]));
    }
    const over = [...this.#waiting.values()].filter(({ key }) => !isActive(key));
    if (over.length === 0) return 0n;
    const wei = await collectPrepayments(this.#chain, this.#sender, over);
    for (const { key } of over) this.#waiting.delete(key);
    return wei;
  }
}
