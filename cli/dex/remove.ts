import { Argument } from "commander";
import type { TransactionReceipt } from "ethers";

import { reading } from "@orion/protocol/chain";
import { withdrawalOf, type Deposit, type Pool } from "@orion/protocol/exchange";

import { formatAmount, formatPercent } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { deadlineIn } from "./deadline.ts";
import { pairOf, readExchange, type Exchange } from "./exchange.ts";
import { feeOption, tradeOptions, type TradeFlags } from "./options.ts";
import { findPool, formatPoolId, parsePoolName, poolLabel, type PoolName } from "./pool-name.ts";
import { chosenShares, sharesOptions, type SharesFlags } from "./shares.ts";
import { leastOf } from "./slippage.ts";

/** Shares that are given back for at least these amounts. */
export interface RemovePlan {
  readonly exchange: Exchange;
  readonly pool: Pool;
  /** What the shares are worth as the pool stands. */
  readonly expected: Deposit;
  readonly minAmount0: bigint;
  readonly minAmount1: bigint;
}

/** @throws InvalidInputError when the signer has no such shares */
export async function planRemove(
  { chain, sender }: SigningClient,
  name: PoolName,
  flags: SharesFlags & { readonly fee?: number; readonly slippage: number },
): Promise<RemovePlan> {
  const exchange = await readExchange(chain);
  const pool = findPool(chain, exchange, name, flags.fee);
  const held = await reading(chain, () => chain.contracts.dex.balanceOf(sender.address, pool.id));
  const where = `of ${poolLabel(chain, exchange, pool)} at hand`;
  const shares = chosenShares(
    flags,
    held,
    where,
    "`orion dex position` shows yours; staked ones must leave the farm first",
  );
  const expected = withdrawalOf(pool, shares);
  const [minAmount0, minAmount1] = [
    leastOf(expected.amount0, flags.slippage),
    leastOf(expected.amount1, flags.slippage),
  ];
  return { exchange, pool, expected, minAmount0, minAmount1 };
}

export async function removeLiquidity(
  client: SigningClient,
  { pool, expected, minAmount0, minAmount1 }: RemovePlan,
  deadline: bigint,
): Promise<Deposit & { readonly receipt: TransactionReceipt }> {
  const { dex } = client.chain.network.addresses;
  const { token0, token1, fee } = pool;
  const { shares } = expected;
  const remove = { key: { token0, token1, fee }, shares, minAmount0, minAmount1, to: client.sender.address, deadline };
  const data = client.chain.contracts.dex.interface.encodeFunctionData("removeLiquidity", [remove]);
  const receipt = await client.sender.send({ to: dex, data, label: "remove liquidity", once: true });
  const { amount0, amount1 } = eventOf(receipt, "DePinDex", dex, "LiquidityRemoved");
  return { shares, amount0: amount0 as bigint, amount1: amount1 as bigint, receipt };
}

interface Flags extends KeyFlags, NetworkFlags, TradeFlags, SharesFlags {
  readonly fee?: number;
}

export const dexRemove = command<Flags>({
  name: "remove",
  summary: "give shares of a pool back for their part of both tokens",
  args: [new Argument("<pool>", "its tokens, such as CU/ORION, or its id").argParser(parsePoolName)],
  options: [...sharesOptions, feeOption, ...tradeOptions, ...keyOptions, ...networkOptions],
  examples: ["orion dex remove CU/ORION --part 50% --account engineer", "orion dex remove CU/ORION --dry-run --json"],
  async run(invocation) {
    const { flags, terminal, args } = invocation;
    await withSigningClient(invocation, async (client) => {
      const plan = await planRemove(client, args[0] as unknown as PoolName, flags);
      const { expected, minAmount0, minAmount1, pool } = plan;
      const json = {
        pool: formatPoolId(pool.id),
        token0: pool.token0,
        token1: pool.token1,
        ...expected,
        minAmount0,
        minAmount1,
      };
      const lines = removeLines(client, plan);
      if (flags.dryRun === true) {
        terminal.result({ dryRun: true, ...json }, lines);
        return;
      }
      for (const line of lines) terminal.note(line);
      const done = await removeLiquidity(client, plan, await deadlineIn(client.chain, flags.deadline));
      const { amount0, amount1, receipt } = done;
      terminal.result(
        {
          ...json,
          amount0,
          amount1,
          transaction: receipt.hash,
          gas: receipt.gasUsed,
          transactions: client.transactions,
        },
        [`gave ${done.shares} shares back for ${bothText(client, plan, amount0, amount1)}`],
      );
    });
  },
});

function removeLines(client: SigningClient, plan: RemovePlan): string[] {
  const { exchange, pool, expected, minAmount0, minAmount1 } = plan;
  return facts([
    ["pool", poolLabel(client.chain, exchange, pool)],
    ["give", `${expected.shares} shares: ${formatPercent(expected.shares, pool.supply)} of the pool`],
    ["get", bothText(client, plan, expected.amount0, expected.amount1)],
    ["at least", bothText(client, plan, minAmount0, minAmount1)],
  ]);
}

function bothText({ chain }: SigningClient, { exchange, pool }: RemovePlan, amount0: bigint, amount1: bigint): string {
  const { base, quote } = pairOf(chain, exchange, pool);
  const [one, other] = base.address === pool.token0 ? [amount0, amount1] : [amount1, amount0];
  return `${formatAmount(one, base)} and ${formatAmount(other, quote)}`;
}
