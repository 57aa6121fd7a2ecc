import { parseEther, toQuantity } from "ethers";

import { CREDIT } from "@orion/protocol/common";

import { mintCredits } from "../credits/mint.ts";
import type { SigningClient } from "../core/client.ts";
import { DEV_ACCOUNTS, type DevWallets } from "./accounts.ts";
import { rpc } from "./rpc.ts";

const COIN_EACH = parseEther("10000");
const ORION_EACH = parseEther("100000");
/** CU base units. */
const CREDITS = { engineer: 1_000n * CREDIT, liquidity: 500n * CREDIT } as const;

/** Gas money for everybody, made by the node. */
export async function fundCoin(rpcUrl: string, wallets: DevWallets): Promise<void> {
  await Promise.all(
    DEV_ACCOUNTS.map((name) => rpc(rpcUrl, "hardhat_setBalance", [wallets[name].address, toQuantity(COIN_EACH)])),
  );
}

/** ORION for the engineer, the workers and the liquidity provider, credits for the engineer and the liquidity provider, all from the treasury. */
export async function fundTokens(treasury: SigningClient, wallets: DevWallets): Promise<void> {
  const { contracts, network } = treasury.chain;
  for (const name of ["engineer", "worker-1", "worker-2", "worker-3", "liquidity"] as const) {
    const data = contracts.orion.interface.encodeFunctionData("transfer", [wallets[name].address, ORION_EACH]);
    await treasury.sender.send({ to: network.addresses.orion, data, label: `fund ${name}` });
  }
  // Now, while the quota of an hour is a part of the bootstrap cap: once the price is live it is a part of what the pool holds.
  for (const name of ["engineer", "liquidity"] as const) {
    await mintCredits(treasury, { amount: CREDITS[name], to: wallets[name].address });
  }
}
