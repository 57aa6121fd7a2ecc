import type { Chain, Sender } from "../chain/index.ts";
import { collectPrepayments } from "./prepayments.ts";

/** Brings an account's prepayments home once their claims are over, those of an earlier life of its process included. */
export class PrepaymentCollector {
  readonly #chain: Chain;
  readonly #sender: Sender;
  readonly #earlier: (chain: Chain, account: string) => Promise<string[]>;
  /** Claims with prepayments, and a block before their first demand. */
  #waiting: Map<string, number> | undefined;

  /** @param earlier finds the claims of earlier lives on chain */
  constructor(chain: Chain, sender: Sender, earlier: (chain: Chain, account: string) => Promise<string[]>) {
    this.#chain = chain;
    this.#sender = sender;
    this.#earlier = earlier;
  }

  /** Remembers a claim; `fromBlock` is a block before its first demand. */
  add(key: string, fromBlock: number): void {
    // Before the first look the chain tells all of them.
    this.#waiting?.set(key, fromBlock);
  }

  /** Collects for every claim that `isActive` denies. @returns wei withdrawn */
  async collect(isActive: (key: string) => boolean): Promise<bigint> {
    if (this.#waiting === undefined) {
      const keys = await this.#earlier(this.#chain, this.#sender.address);
      this.#waiting ??= new Map(keys.map((key) => [key, this.#chain.network.deployBlock]));
    }
    const over = [...this.#waiting].filter(([key]) => !isActive(key));
    if (over.length === 0) return 0n;
    const fromBlock = Math.min(...over.map(([, block]) => block));
    const wei = await collectPrepayments(
      this.#chain,
      this.#sender,
      over.map(([key]) => key),
      fromBlock,
    );
    for (const [key] of over) this.#waiting.delete(key);
    return wei;
  }
}
