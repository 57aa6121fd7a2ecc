import { parseEther, toQuantity } from "ethers";

import { mintCredits } from "../credits/mint.ts";
import type { SigningClient } from "../core/client.ts";
import { DEV_ACCOUNTS, type DevWallets } from "./accounts.ts";
import { rpc } from "./rpc.ts";

const COIN_EACH = parseEther("10000");
const ORION_EACH = parseEther("100000");
/** CU base units. */
const ENGINEER_CREDITS = 1_000n * 10n ** 12n;

/** Gas money for everybody, made by the node. */
export async function fundCoin(rpcUrl: string, wallets: DevWallets): Promise<void> {
  await Promise.all(
    DEV_ACCOUNTS.map((name) => rpc(rpcUrl, "hardhat_setBalance", [wallets[name].address, toQuantity(COIN_EACH)])),
  );
}

/** ORION for the engineer, the workers and the liquidity provider, credits for the engineer, all from the treasury. */
export async function fundTokens(treasury: SigningClient, wallets: DevWallets): Promise<void> {
  const { contracts, network } = treasury.chain;
  for (const name of ["engineer", "worker-1", "worker-2", "worker-3", "liquidity"] as const) {
    const data = contracts.orion.interface.encodeFunctionData("transfer", [wallets[name].address, ORION_EACH]);
    await treasury.sender.send({ to: network.addresses.orion, data, label: `fund ${name}` });
  }
  await mintCredits(treasury, { amount: ENGINEER_CREDITS, to: wallets.engineer.address });
}
