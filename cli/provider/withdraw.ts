import { Argument, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import {
  keyOptions,
  networkOptions,
  parseHolder,
  parseOrion,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { providerAccount } from "./account.ts";

/**
 * Takes ORION (wei) of the signer's free stake to `to`.
 * @throws InvalidInputError before anything is signed, when less is free
 */
export async function withdraw(client: SigningClient, amount: bigint, to: string): Promise<void> {
  const { contracts, network } = client.chain;
  const { free, locked } = await providerAccount(client, client.sender.address);
  if (amount > free) {
    throw new InvalidInputError(
      `${formatAmount(free, ORION)} of the stake are free, less than ${formatAmount(amount, ORION)}`,
      {
        hint:
          locked === 0n
            ? "withdraw less; `orion provider status` shows the stake"
            : `${formatAmount(locked, ORION)} are locked for claims until these are settled`,
      },
    );
  }
  const { registry, market } = network.addresses;
  const data = contracts.registry.interface.encodeFunctionData("withdraw", [market, amount, to]);
  await client.sender.send({ to: registry, data, label: "withdraw" });
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly to?: string;
}

export const providerWithdraw = command<Flags>({
  name: "withdraw",
  summary: "take free stake out of the market",
  args: [new Argument("<amount>", "ORION").argParser(parseOrion)],
  options: [
    new Option("--to <address>", "who receives it (default: the signer)").argParser(parseHolder),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion provider withdraw 250 --account worker"],
  async run(invocation) {
    const amount = invocation.args[0] as unknown as bigint;
    await withSigningClient(invocation, async (client) => {
      const to = invocation.flags.to ?? client.sender.address;
      await withdraw(client, amount, to);
      invocation.terminal.result(
        { provider: client.sender.address, withdrawn: amount, to, transactions: client.transactions },
        [`withdrew ${formatAmount(amount, ORION)} to ${to}`],
      );
    });
  },
});
