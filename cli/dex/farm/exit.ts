import { Argument } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount, ORION } from "../../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { eventOf } from "../../core/events.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { readExchange } from "../exchange.ts";
import { holdingOf } from "../holdings.ts";
import { dryRunOption, feeOption } from "../options.ts";
import { findPool, formatPoolId, parsePoolName, poolLabel, type PoolName } from "../pool-name.ts";

/** Takes all of the signer's shares out of the farm and gives up what they earned. */
export async function exitFarm(client: SigningClient, id: bigint): Promise<{ shares: bigint; forfeited: bigint }> {
  const { mining } = client.chain.network.addresses;
  const data = client.chain.contracts.mining.interface.encodeFunctionData("exit", [id]);
  const receipt = await client.sender.send({ to: mining, data, label: "leave the farm" });
  const { shares, forfeited } = eventOf(receipt, "LiquidityMining", mining, "Exited");
  return { shares: shares as bigint, forfeited: forfeited as bigint };
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly fee?: number;
  readonly dryRun?: true;
}

export const farmExit = command<Flags>({
  name: "exit",
  summary: "in an emergency: take all staked shares back and give up what they earned",
  details: `It moves no ORION, so it works even if paying rewards should fail. Otherwise harvest and withdraw. What is given up goes back to the
pool's budget.`,
  args: [new Argument("<pool>", "its tokens, such as CU/ORION, or its id").argParser(parsePoolName)],
  options: [feeOption, dryRunOption, ...keyOptions, ...networkOptions],
  examples: ["orion dex farm exit CU/ORION --account engineer", "orion dex farm exit CU/ORION --dry-run --json"],
  async run(invocation) {
    const { flags, args, terminal } = invocation;
    await withSigningClient(invocation, async (client) => {
      const { chain, sender } = client;
      const exchange = await readExchange(chain);
      const pool = findPool(chain, exchange, args[0] as unknown as PoolName, flags.fee);
      const label = poolLabel(chain, exchange, pool);
      const { staked, earned } = await holdingOf(chain, pool, sender.address);
      if (staked === 0n) {
        throw new InvalidInputError(`${sender.address} has no shares in the farm of ${label}`, {
          hint: "`orion dex position` shows yours",
        });
      }
      const id = formatPoolId(pool.id);
      const warning = `gives up ${formatAmount(earned, ORION)}; \`orion dex farm harvest\` would collect it`;
      if (flags.dryRun === true) {
        terminal.result({ dryRun: true, pool: id, shares: staked, forfeited: earned }, [warning]);
        return;
      }
      terminal.note(warning);
      const { shares, forfeited } = await exitFarm(client, pool.id);
      terminal.result({ pool: id, shares, forfeited, transactions: client.transactions }, [
        `took all ${shares} shares of ${label} back and gave up ${formatAmount(forfeited, ORION)}`,
      ]);
    });
  },
});
