import { reading } from "@orion/protocol/chain";

import type { Client } from "../core/client.ts";

/** A provider's standing at the network's market; ORION wei. */
export interface ProviderAccount {
  readonly provider: string;
  readonly free: bigint;
  readonly locked: bigint;
  readonly authorised: boolean;
}

export async function providerAccount({ chain }: Client, provider: string): Promise<ProviderAccount> {
  const { market } = chain.network.addresses;
  const { free, locked, authorised } = await reading(chain, () => chain.contracts.registry.account(provider, market));
  return { provider, free, locked, authorised };
}

/** The provider in whose name a key works: of an operator key its provider, of any other address itself. */
export async function providerOf({ chain }: Client, worker: string): Promise<string> {
  return reading(chain, () => chain.contracts.registry.providerOf(worker));
}
