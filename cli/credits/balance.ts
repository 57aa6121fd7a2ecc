import { Argument } from "commander";

import { chainError } from "@orion/protocol/chain";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { accountOf, withClient, type Client } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";

/** What an account holds: CU and ORION in base units, the chain's own coin in wei. */
export interface Balances {
  readonly address: string;
  readonly credits: bigint;
  readonly orion: bigint;
  readonly coin: bigint;
}

export async function balancesOf({ chain }: Client, address: string): Promise<Balances> {
  try {
    const [credits, orion, coin] = await Promise.all([
      chain.contracts.credits.balanceOf(address),
      chain.contracts.orion.balanceOf(address),
      chain.provider.getBalance(address),
    ]);
    return { address, credits, orion, coin };
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
}

const COIN = { symbol: "for gas", decimals: 18 };

export const creditsBalance = command<KeyFlags & NetworkFlags>({
  name: "balance",
  summary: "show an account's credits, ORION and gas money",
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion credits balance --account engineer", "orion credits balance --json"],
  async run(invocation) {
    const address = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async (client) => {
      const balances = await balancesOf(client, address);
      invocation.terminal.result(
        balances,
        facts([
          ["account", address],
          ["credits", formatAmount(balances.credits, CU)],
          ["orion", formatAmount(balances.orion, ORION)],
          ["coin", formatAmount(balances.coin, COIN)],
        ]),
      );
    });
  },
});
