import { Argument, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount, ORION } from "../../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { eventOf } from "../../core/events.ts";
import { keyOptions, networkOptions, parseHolder, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { readExchange } from "../exchange.ts";
import { holdingOf } from "../holdings.ts";
import { feeOption } from "../options.ts";
import { findPool, formatPoolId, parsePoolName, poolLabel, type PoolName } from "../pool-name.ts";

/** Has the farm pay what the signer earned in a pool; resolves to the ORION (wei). */
export async function harvest(client: SigningClient, id: bigint, to: string): Promise<bigint> {
  const { mining } = client.chain.network.addresses;
  const data = client.chain.contracts.mining.interface.encodeFunctionData("harvest", [id, to]);
  const receipt = await client.sender.send({ to: mining, data, label: "harvest" });
  return eventOf(receipt, "LiquidityMining", mining, "Harvested").amount as bigint;
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly fee?: number;
  readonly to?: string;
}

export const farmHarvest = command<Flags>({
  name: "harvest",
  summary: "collect the ORION that staked shares have earned",
  args: [new Argument("<pool>", "its tokens, such as CU/ORION, or its id").argParser(parsePoolName)],
  options: [
    new Option("--to <address>", "who receives the ORION (default: the signer)").argParser(parseHolder),
    feeOption,
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion dex farm harvest CU/ORION --account engineer", "orion dex farm harvest CU/ORION --json"],
  async run(invocation) {
    const { flags, args, terminal } = invocation;
    await withSigningClient(invocation, async (client) => {
      const { chain, sender } = client;
      const exchange = await readExchange(chain);
      const pool = findPool(chain, exchange, args[0] as unknown as PoolName, flags.fee);
      const label = poolLabel(chain, exchange, pool);
      if ((await holdingOf(chain, pool, sender.address)).earned === 0n) {
        throw new InvalidInputError(`${sender.address} has earned nothing in the farm of ${label}`, {
          hint: "stake shares with `orion dex farm deposit`; `orion dex farm status` shows what a pool earns",
        });
      }
      const to = flags.to ?? sender.address;
      const amount = await harvest(client, pool.id, to);
      terminal.result({ pool: formatPoolId(pool.id), harvested: amount, to, transactions: client.transactions }, [
        `harvested ${formatAmount(amount, ORION)} to ${to}`,
      ]);
    });
  },
});
