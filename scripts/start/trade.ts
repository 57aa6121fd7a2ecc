import {
  addLiquidity,
  balancesOf,
  CU,
  deadlineIn,
  harvest,
  mintCredits,
  parsePoolName,
  planAdd,
  planSwap,
  stakeShares,
  swap,
  withSigner,
  type Client,
  type Devnet,
  type SigningClient,
} from "@orion/cli";
import { CREDIT } from "@orion/protocol/common";
import { formatUnits } from "ethers";

import { WORKERS } from "./services.ts";

/** CU that the liquidity provider puts beside as much ORION as they are worth. */
const LIQUIDITY = 500n * CREDIT;
/** CU of future work that each provider sells. */
const FORWARD = 5n * CREDIT;
/** Basis points. */
const SLIPPAGE = 50;
const DEADLINE_SECONDS = 600;

/** A liquidity provider deepens the pool and stakes its shares; providers sell compute that they have yet to deliver. Returns the CU sold. */
export async function openMarket(client: Client, devnet: Devnet): Promise<bigint> {
  await provideLiquidity(withSigner(client, devnet.wallets.liquidity));
  // One after the other: each price is shown and limited before it is taken.
  for (const name of WORKERS) {
    const worker = withSigner(client, devnet.wallets[name]);
    await mintCredits(worker, { amount: FORWARD, to: worker.sender.address });
    await sell(worker, FORWARD);
  }
  return FORWARD * BigInt(WORKERS.length);
}

/** Providers sell what they have earned, and the liquidity provider takes its rewards. */
export async function closeMarket(client: Client, devnet: Devnet): Promise<{ earned: bigint; rewards: bigint }> {
  let earned = 0n;
  for (const name of WORKERS) {
    const worker = withSigner(client, devnet.wallets[name]);
    const { credits } = await balancesOf(client, worker.sender.address);
    if (credits === 0n) continue;
    await sell(worker, credits);
    earned += credits;
  }
  const liquidity = withSigner(client, devnet.wallets.liquidity);
  const pool = await client.chain.contracts.credits.POOL();
  return { earned, rewards: await harvest(liquidity, pool, liquidity.sender.address) };
}

async function provideLiquidity(provider: SigningClient): Promise<void> {
  const first = formatUnits(LIQUIDITY, CU.decimals);
  const plan = await planAdd(provider.chain, { pool: parsePoolName("CU/ORION"), first, slippage: SLIPPAGE });
  const { shares } = await addLiquidity(provider, plan, await deadlineIn(provider.chain, DEADLINE_SECONDS));
  await stakeShares(provider, plan.pool.id, shares);
}

async function sell(seller: SigningClient, credits: bigint): Promise<void> {
  const request = { from: "CU", to: "ORION", in: formatUnits(credits, CU.decimals), slippage: SLIPPAGE, maxHops: 1 };
  const plan = await planSwap(seller.chain, request);
  await swap(seller, plan, await deadlineIn(seller.chain, DEADLINE_SECONDS));
}
