import type { TransactionReceipt } from "ethers";

import type { Chain } from "@orion/protocol/chain";
import { monotonic, type Clock } from "@orion/protocol/common";

/** An answer is looked for so long after it was mined, if its demand is open all the same. */
const LOOK_AFTER_MS = 5_000;

/** Demands that transactions of this process have answered. A node that lags still shows them as open; so does a chain that has lost the answer. */
export class GivenAnswers {
  readonly #chain: Chain;
  readonly #clock: Clock;
  readonly #given = new Map<string, { readonly hash: string; readonly lookAt: number }>();

  constructor(chain: Chain, clock: Clock) {
    this.#chain = chain;
    this.#clock = clock;
  }

  /** Remembers the answer to the demand of this id. */
  add(id: string, { hash }: Pick<TransactionReceipt, "hash">): void {
    this.#given.set(id, { hash, lookAt: monotonic(this.#clock) + LOOK_AFTER_MS });
  }

  /**
   * Whether the answer to a demand that is open stands; where the node does not say, it does.
   * @returns "lost" where the chain has it no more: it is forgotten then
   */
  async stateOf(id: string): Promise<"none" | "given" | "lost"> {
    const answer = this.#given.get(id);
    if (answer === undefined) return "none";
    if (monotonic(this.#clock) < answer.lookAt) return "given";
    const receipt = await this.#chain.provider.getTransactionReceipt(answer.hash).catch(() => undefined);
    this.add(id, answer);
    if (receipt !== null) return "given";
    this.#given.delete(id);
    return "lost";
  }

  /** Forgets what is not to be kept. */
  forgetWhere(isOver: (id: string) => boolean): void {
    for (const id of this.#given.keys()) if (isOver(id)) this.#given.delete(id);
  }
}
