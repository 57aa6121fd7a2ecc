import { reading, type Chain } from "@orion/protocol/chain";
import { withdrawalOf, type Deposit, type Pool } from "@orion/protocol/exchange";

import type { Exchange } from "./exchange.ts";

/** What an account has of one pool. */
export interface Holding {
  readonly pool: Pool;
  /** Shares at hand. */
  readonly free: bigint;
  /** Shares in the farm. */
  readonly staked: bigint;
  /** ORION wei that can be harvested. */
  readonly earned: bigint;
  /** What all its shares would give now. */
  readonly worth: Deposit;
}

/** The pools of which an account has shares, staked ones or anything to harvest. */
export async function holdingsOf(chain: Chain, { pools }: Exchange, account: string): Promise<Holding[]> {
  const all = await Promise.all(pools.map((pool) => holdingOf(chain, pool, account)));
  return all.filter(({ free, staked, earned }) => free + staked + earned > 0n);
}

export async function holdingOf(chain: Chain, pool: Pool, account: string): Promise<Holding> {
  const { dex, mining } = chain.contracts;
  const [free, { shares: staked, earned }] = await reading(chain, () =>
    Promise.all([dex.balanceOf(account, pool.id), mining.stakeOf(pool.id, account)]),
  );
  return { pool, free, staked, earned, worth: withdrawalOf(pool, free + staked) };
}
