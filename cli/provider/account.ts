import type { Client } from "../core/client.ts";

/** A provider's standing at the network's market; ORION wei. */
export interface ProviderAccount {
  readonly provider: string;
  readonly free: bigint;
  readonly locked: bigint;
  readonly authorised: boolean;
}

export async function providerAccount({ chain }: Client, provider: string): Promise<ProviderAccount> {
  const { free, locked, authorised } = await chain.contracts.registry.account(provider, chain.network.addresses.market);
  return { provider, free, locked, authorised };
}
