import { Argument } from "commander";

import { formatAmount, ORION } from "../../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { readExchange } from "../exchange.ts";
import { holdingOf } from "../holdings.ts";
import { feeOption } from "../options.ts";
import { findPool, formatPoolId, parsePoolName, poolLabel, type PoolName } from "../pool-name.ts";
import { chosenShares, sharesOptions, type SharesFlags } from "../shares.ts";

export async function unstakeShares(client: SigningClient, id: bigint, shares: bigint): Promise<void> {
  const { mining } = client.chain.network.addresses;
  const data = client.chain.contracts.mining.interface.encodeFunctionData("withdraw", [id, shares]);
  await client.sender.send({ to: mining, data, label: "withdraw shares" });
}

interface Flags extends KeyFlags, NetworkFlags, SharesFlags {
  readonly fee?: number;
}

export const farmWithdraw = command<Flags>({
  name: "withdraw",
  summary: "take staked shares back; what they earned stays to be harvested",
  args: [new Argument("<pool>", "its tokens, such as CU/ORION, or its id").argParser(parsePoolName)],
  options: [...sharesOptions, feeOption, ...keyOptions, ...networkOptions],
  examples: [
    "orion dex farm withdraw CU/ORION --account engineer",
    "orion dex farm withdraw CU/ORION --part 25% --json",
  ],
  async run(invocation) {
    const { flags, args, terminal } = invocation;
    await withSigningClient(invocation, async (client) => {
      const { chain, sender } = client;
      const exchange = await readExchange(chain);
      const pool = findPool(chain, exchange, args[0] as unknown as PoolName, flags.fee);
      const before = await holdingOf(chain, pool, sender.address);
      const label = poolLabel(chain, exchange, pool);
      const shares = chosenShares(flags, before.staked, `of ${label} in the farm`, "`orion dex position` shows yours");
      await unstakeShares(client, pool.id, shares);
      const { staked, earned } = await holdingOf(chain, pool, sender.address);
      terminal.result(
        { pool: formatPoolId(pool.id), withdrawn: shares, staked, earned, transactions: client.transactions },
        [`took ${shares} shares of ${label} back: ${staked} stay, ${formatAmount(earned, ORION)} to harvest`],
      );
    });
  },
});
