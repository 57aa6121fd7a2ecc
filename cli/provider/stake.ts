import { Argument } from "commander";

import { formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseOrion, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { approveSpending } from "../core/tokens.ts";
import { providerAccount } from "./account.ts";

/** Adds ORION (wei) to the signer's free stake at the network's market. */
export async function stake(client: SigningClient, amount: bigint): Promise<void> {
  const { contracts, network } = client.chain;
  const { registry, market } = network.addresses;
  const hint = "get ORION from the treasury or an exchange";
  await approveSpending(client, { token: contracts.orion, unit: ORION, spender: registry, amount, hint });
  const data = contracts.registry.interface.encodeFunctionData("stake", [client.sender.address, market, amount]);
  await client.sender.send({ to: registry, data, label: "stake" });
}

export const providerStake = command<KeyFlags & NetworkFlags>({
  name: "stake",
  summary: "add ORION to your free stake at the market",
  details: "Claims lock parts of the free stake; what is free can be withdrawn at any time.",
  args: [new Argument("<amount>", "ORION").argParser(parseOrion)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion provider stake 1000 --account worker", "orion provider stake 2.5 --json"],
  async run(invocation) {
    const amount = invocation.args[0] as unknown as bigint;
    await withSigningClient(invocation, async (client) => {
      await stake(client, amount);
      const { provider, free, locked } = await providerAccount(client, client.sender.address);
      invocation.terminal.result({ provider, staked: amount, free, locked, transactions: client.transactions }, [
        `staked ${formatAmount(amount, ORION)}: ${formatAmount(free, ORION)} free, ${formatAmount(locked, ORION)} locked`,
      ]);
    });
  },
});
