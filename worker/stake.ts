import { reading, type Chain, type Sender } from "@orion/protocol/chain";
import type { Logger } from "@orion/protocol/common";

/** What this account, a provider or an operator key of one, may lock for claims. */
export class Stake {
  readonly #chain: Chain;
  readonly #sender: Pick<Sender, "address">;
  readonly #log: Logger;

  constructor(chain: Chain, sender: Pick<Sender, "address">, log: Logger) {
    this.#chain = chain;
    this.#sender = sender;
    this.#log = log;
  }

  /** ORION (wei) that a claim may lock; −1 where the provider has not authorised the market, or has revoked the key. */
  async free(): Promise<bigint> {
    const { registry } = this.#chain.contracts;
    const { market } = this.#chain.network.addresses;
    const { address } = this.#sender;
    return reading(this.#chain, async () => {
      const provider = await registry.providerOf(address);
      const account = await registry.account(provider, market);
      if (!account.authorised) this.#log.debug({ provider }, "the market is not authorised to lock this stake");
      if (!account.authorised) return -1n;
      if (provider === address) return account.free;
      const key = await registry.operatorKey(address);
      if (key.revoked) this.#log.debug({ provider, key: address }, "the provider has revoked this key");
      if (key.revoked) return -1n;
      return key.allowance < account.free ? key.allowance : account.free;
    });
  }
}
