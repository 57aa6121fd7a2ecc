import { Argument, Option } from "commander";

import { reading } from "@orion/protocol/chain";

import { withSigningClient, type SigningClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { readExchange } from "../exchange.ts";
import { holdingOf } from "../holdings.ts";
import { feeOption } from "../options.ts";
import { findPool, formatPoolId, parsePoolName, poolLabel, type PoolName } from "../pool-name.ts";
import { chosenShares, sharesOptions, type SharesFlags } from "../shares.ts";

/** Stakes shares of the signer; the farm is allowed to take exactly these, or any, once for all, with `infinite`. */
export async function stakeShares(client: SigningClient, id: bigint, shares: bigint, infinite = false): Promise<void> {
  const { mining } = client.chain.network.addresses;
  await allowFarm(client, id, shares, infinite);
  const data = client.chain.contracts.mining.interface.encodeFunctionData("deposit", [id, shares]);
  await client.sender.send({ to: mining, data, label: "stake shares" });
}

async function allowFarm(
  { chain, sender }: SigningClient,
  id: bigint,
  shares: bigint,
  infinite: boolean,
): Promise<void> {
  const { dex } = chain.contracts;
  const { mining, dex: exchange } = chain.network.addresses;
  const [isOperator, allowed] = await reading(chain, () =>
    Promise.all([dex.isOperator(sender.address, mining), dex.allowance(sender.address, mining, id)]),
  );
  if (isOperator || (allowed >= shares && !infinite)) return;
  const data = infinite
    ? dex.interface.encodeFunctionData("setOperator", [mining, true])
    : dex.interface.encodeFunctionData("approve", [mining, id, shares]);
  await sender.send({ to: exchange, data, label: "approve shares" });
}

interface Flags extends KeyFlags, NetworkFlags, SharesFlags {
  readonly fee?: number;
  readonly approveOnce?: true;
}

export const farmDeposit = command<Flags>({
  name: "deposit",
  summary: "stake shares of a pool, which then earn ORION",
  details: "They go on earning the pool's fees, and can be withdrawn at any time.",
  args: [new Argument("<pool>", "its tokens, such as CU/ORION, or its id").argParser(parsePoolName)],
  options: [
    ...sharesOptions,
    feeOption,
    new Option("--approve-once", "let the farm take any shares of yours, to save a transaction next time"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion dex farm deposit CU/ORION --account engineer", "orion dex farm deposit CU/ORION --part 50% --json"],
  async run(invocation) {
    const { flags, args, terminal } = invocation;
    await withSigningClient(invocation, async (client) => {
      const { chain, sender } = client;
      const exchange = await readExchange(chain);
      const pool = findPool(chain, exchange, args[0] as unknown as PoolName, flags.fee);
      const { free } = await holdingOf(chain, pool, sender.address);
      const label = poolLabel(chain, exchange, pool);
      const shares = chosenShares(flags, free, `of ${label} at hand`, "get some with `orion dex add`");
      await stakeShares(client, pool.id, shares, flags.approveOnce === true);
      const { staked } = await holdingOf(chain, pool, sender.address);
      terminal.result({ pool: formatPoolId(pool.id), deposited: shares, staked, transactions: client.transactions }, [
        `staked ${shares} shares of ${label}: ${staked} in all`,
      ]);
    });
  },
});
