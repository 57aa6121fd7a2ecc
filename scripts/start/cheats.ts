import { register, rpc, withSigner, type Client, type Devnet } from "@orion/cli";
import { parseEther, toQuantity, Wallet } from "ethers";

import { CHEATS, type CheatWallets } from "./services.ts";

const COIN = parseEther("100");

/** New keys for the cheats: they are nobody that the network knows. */
export function cheatWallets(): CheatWallets {
  const [falsifier, withholder] = [Wallet.createRandom(), Wallet.createRandom()];
  return { falsifier, withholder };
}

/** Gives the cheats coin and ORION, and stakes it: on chain they look like everybody else. */
export async function registerCheats(
  client: Client,
  devnet: Devnet,
  cheats: CheatWallets,
  stake: bigint,
): Promise<void> {
  const { network, contracts } = client.chain;
  const treasury = withSigner(client, devnet.wallets.treasury);
  for (const name of CHEATS) {
    const wallet = new Wallet(cheats[name].privateKey);
    await rpc(network.rpcUrl, "hardhat_setBalance", [wallet.address, toQuantity(COIN)]);
    const data = contracts.orion.interface.encodeFunctionData("transfer", [wallet.address, stake]);
    await treasury.sender.send({ to: network.addresses.orion, data, label: `fund ${name}` });
    await register(withSigner(client, wallet), { stake });
  }
}
