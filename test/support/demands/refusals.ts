import { receiptsOf } from "../network/receipts.ts";
import type { TestNetwork } from "../network/test-network.ts";

/** Why the judge refuses transactions, learned block by block: a chain in memory soon forgets the states of old ones. */
export class Refusals {
  readonly counts: Record<string, number> = {};
  readonly #running: TestNetwork;
  readonly #accounts: ReadonlySet<string>;
  #next: number | undefined;

  /** @param accounts addresses whose transactions are looked at */
  constructor(running: TestNetwork, accounts: ReadonlySet<string>) {
    this.#running = running;
    this.#accounts = accounts;
  }

  /** Looks at the blocks since the last look; the first one only begins. */
  async look(): Promise<void> {
    const head = await this.#running.chain.provider.getBlockNumber();
    for (let block = (this.#next ??= head + 1); block <= head; block++) {
      for (const { status, hash, from } of await receiptsOf(this.#running, block)) {
        if (status !== 0 || !this.#accounts.has(from)) continue;
        const reason = await this.#reasonOf(hash, block);
        this.counts[reason] = (this.counts[reason] ?? 0) + 1;
      }
      this.#next = block + 1;
    }
  }

  /** The error that would end the transaction if it came one block earlier; "outrun" where the judge would have taken it then. */
  async #reasonOf(hash: string, block: number): Promise<string> {
    const { provider, contracts } = this.#running.chain;
    const sent = await provider.getTransaction(hash);
    if (sent === null) return "unknown";
    const { from, to, data, value } = sent;
    return provider.call({ from, to, data, value, blockTag: block - 1 }).then(
      () => "outrun",
      (error: unknown) => {
        const { data: revert } = Object(error) as { readonly data?: string | null };
        const parsed = typeof revert === "string" ? contracts.disputes.interface.parseError(revert) : null;
        return parsed?.name ?? "unknown";
      },
    );
  }
}
