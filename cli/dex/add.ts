import { Argument, Option } from "commander";
import type { TransactionReceipt } from "ethers";

import type { Deposit } from "@orion/protocol/exchange";

import { formatAmount } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { allowExchange, NO_PERMIT } from "./allow.ts";
import { deadlineIn } from "./deadline.ts";
import { feeOption, parseDecimal, tradeOptions, type TradeFlags } from "./options.ts";
import { addJson, addLines, planAdd, type AddPlan, type AddRequest } from "./plan-add.ts";
import { parsePoolName, type PoolName } from "./pool-name.ts";

/** Makes the planned deposit, or none that is worse than its limits. */
export async function addLiquidity(
  client: SigningClient,
  plan: AddPlan,
  deadline: bigint,
): Promise<Deposit & { readonly receipt: TransactionReceipt }> {
  const { pool, first, second, deposit, most0, most1, minShares } = plan;
  const { token0, token1, fee } = pool;
  const [info0, info1] = first.address === token0 ? [first, second] : [second, first];
  const permit0 = await allowExchange(client, info0, { needed: deposit.amount0, most: most0 }, deadline);
  const permit1 = await allowExchange(client, info1, { needed: deposit.amount1, most: most1 }, deadline);
  const { dex } = client.chain.network.addresses;
  const abi = client.chain.contracts.dex.interface;
  const key = { token0, token1, fee };
  const add = { key, maxAmount0: most0, maxAmount1: most1, minShares, to: client.sender.address, deadline };
  const data =
    permit0 === undefined && permit1 === undefined
      ? abi.encodeFunctionData("addLiquidity", [add])
      : abi.encodeFunctionData("addLiquidityWithPermit", [add, permit0 ?? NO_PERMIT, permit1 ?? NO_PERMIT]);
  const receipt = await client.sender.send({ to: dex, data, label: "add liquidity", once: true });
  const { shares, amount0, amount1 } = eventOf(receipt, "DePinDex", dex, "LiquidityAdded");
  return { shares: shares as bigint, amount0: amount0 as bigint, amount1: amount1 as bigint, receipt };
}

interface Flags extends KeyFlags, NetworkFlags, TradeFlags, Omit<AddRequest, "pool"> {}

export const dexAdd = command<Flags>({
  name: "add",
  summary: "provide liquidity: both tokens of a pool for shares of it",
  details: `Both tokens are taken in the pool's ratio; one amount is enough, the other follows. Name a fee tier that the pair does not have yet and give both
amounts to make a new pool at the price that they set. Shares earn the fees of all trades in proportion, and ORION where they are staked (\`orion dex
farm\`); they lose against holding the tokens when the price moves.`,
  args: [new Argument("<pool>", "its tokens, such as CU/ORION, or its id").argParser(parsePoolName)],
  options: [
    new Option("--first <amount>", "at most so much of the pool's first token, as you name it").argParser(parseDecimal),
    new Option("--second <amount>", "at most so much of its second token").argParser(parseDecimal),
    feeOption,
    ...tradeOptions,
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion dex add CU/ORION --first 10 --account engineer",
    "orion dex add CU/ORION --first 10 --second 12 --fee 0.05% --dry-run --json",
  ],
  async run(invocation) {
    const { flags, terminal, args } = invocation;
    const pool = args[0] as unknown as PoolName;
    await withSigningClient(invocation, async (client) => {
      const plan = await planAdd(client.chain, { ...flags, pool });
      if (flags.dryRun === true) {
        terminal.result({ dryRun: true, ...addJson(plan) }, addLines(plan));
        return;
      }
      for (const line of addLines(plan)) terminal.note(line);
      const deadline = await deadlineIn(client.chain, flags.deadline);
      const { shares, amount0, amount1, receipt } = await addLiquidity(client, plan, deadline);
      const { first, second } = plan;
      const isFirst0 = first.address === plan.pool.token0;
      const texts = [
        formatAmount(isFirst0 ? amount0 : amount1, first),
        formatAmount(isFirst0 ? amount1 : amount0, second),
      ];
      const done = { shares, amount0, amount1, transaction: receipt.hash, gas: receipt.gasUsed };
      terminal.result({ ...addJson(plan), ...done, transactions: client.transactions }, [
        `added ${texts.join(" and ")} for ${shares} shares`,
      ]);
    });
  },
});
