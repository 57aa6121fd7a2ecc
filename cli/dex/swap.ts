import type { TransactionReceipt } from "ethers";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { formatAmount } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { eventsOf } from "../core/events.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import type { Permit } from "../core/permit.ts";
import { allowExchange } from "./allow.ts";
import { deadlineIn } from "./deadline.ts";
import { hopsOption, impactOption, tradeOptions, type TradeFlags } from "./options.ts";
import { planSwap, requireImpact, swapJson, swapLines, type SwapPlan, type SwapRequest } from "./plan-swap.ts";
import { swapWhatOptions } from "./swap-options.ts";

/** What a trade came to, in base units. */
export interface Swapped {
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly receipt: TransactionReceipt;
}

/** Makes the planned trade, or none that is worse than its limit. */
export async function swap(client: SigningClient, plan: SwapPlan, deadline: bigint): Promise<Swapped> {
  const { tokenIn, quote, exact, limit } = plan;
  const most = exact === "in" ? quote.amountIn : limit;
  const permit = await allowExchange(client, tokenIn, { needed: quote.amountIn, most }, deadline);
  const data = encodeSwap(client, plan, deadline, permit);
  const { dex } = client.chain.network.addresses;
  const receipt = await client.sender.send({ to: dex, data, label: "swap", once: true });
  const events = eventsOf(receipt, "DePinDex", dex, "Swap");
  const [first, last] = [quote.steps[0], quote.steps.at(-1)];
  const passed = (id: bigint | undefined): bigint[] => {
    const event = events.find((each) => each.id === id);
    return [event?.amount0 as bigint, event?.amount1 as bigint];
  };
  // A pool gains what it is paid and loses what it gives.
  const amountIn = passed(first?.pool.id).find((amount) => amount > 0n) ?? 0n;
  const amountOut = -(passed(last?.pool.id).find((amount) => amount < 0n) ?? 0n);
  return { amountIn, amountOut, receipt };
}

function encodeSwap(
  { chain, sender }: SigningClient,
  { exact, tokenIn, quote, limit }: SwapPlan,
  deadline: bigint,
  permit: Permit | undefined,
): string {
  const abi = chain.contracts.dex.interface;
  const [only, ...more] = quote.steps;
  if (permit === undefined && only !== undefined && more.length === 0) {
    const { tokenOut, pool } = only;
    const amount = exact === "in" ? quote.amountIn : quote.amountOut;
    const direct = { amount, limit, to: sender.address, deadline, tokenIn: tokenIn.address, tokenOut, fee: pool.fee };
    return exact === "in"
      ? abi.encodeFunctionData("swapDirectExactIn", [direct])
      : abi.encodeFunctionData("swapDirectExactOut", [direct]);
  }
  const hops = quote.steps.map(({ tokenOut, pool }) => ({ tokenOut, fee: pool.fee }));
  const common = { tokenIn: tokenIn.address, hops, to: sender.address, deadline };
  if (exact === "in") {
    const params = { ...common, amountIn: quote.amountIn, minOut: limit };
    return permit === undefined
      ? abi.encodeFunctionData("swapExactIn", [params])
      : abi.encodeFunctionData("swapExactInWithPermit", [params, permit]);
  }
  const params = { ...common, amountOut: quote.amountOut, maxIn: limit };
  return permit === undefined
    ? abi.encodeFunctionData("swapExactOut", [params])
    : abi.encodeFunctionData("swapExactOutWithPermit", [params, permit]);
}

interface Flags extends KeyFlags, NetworkFlags, TradeFlags, SwapRequest {
  /** Basis points. */
  readonly maxImpact: number;
}

export const dexSwap = command<Flags>({
  name: "swap",
  summary: "trade one token for another, by the best route",
  details: `Price, price impact and fees are shown before anything is signed. The trade is refused if it would come out worse than shown by more than
--slippage, moves the price by more than --max-impact, or is mined after --deadline. ORION and CU need one transaction: the permission travels with it. A token without permits is approved
first, for the very amount.`,
  options: [...swapWhatOptions, ...tradeOptions, impactOption, hopsOption, ...keyOptions, ...networkOptions],
  examples: [
    "orion dex swap --in 10 --from ORION --to CU --account engineer",
    "orion dex swap --out 5 --from ORION --to CU --slippage 1% --deadline 2m --account engineer",
    "orion dex swap --in 2.5 --from CU --to ORION --dry-run --json",
  ],
  async run(invocation) {
    const { flags, terminal } = invocation;
    await withSigningClient(invocation, async (client) => {
      const plan = await planSwap(client.chain, flags);
      if (flags.dryRun === true) {
        terminal.result({ dryRun: true, ...swapJson(plan) }, swapLines(plan));
        return;
      }
      for (const line of swapLines(plan)) terminal.note(line);
      requireImpact(plan, flags.maxImpact);
      const { amountIn, amountOut, receipt } = await swap(client, plan, await deadlineIn(client.chain, flags.deadline));
      const done = { paid: amountIn, received: amountOut, transaction: receipt.hash, gas: receipt.gasUsed };
      terminal.result({ ...swapJson(plan), ...done, transactions: client.transactions }, [
        `paid ${formatAmount(amountIn, plan.tokenIn)} and received ${formatAmount(amountOut, plan.tokenOut)}`,
      ]);
    });
  },
});
