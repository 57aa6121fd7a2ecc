import { Argument } from "commander";

import type { Chain } from "@orion/protocol/chain";

import { formatPercent, ORION } from "../core/amounts.ts";
import { accountOf, withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { bothInOrion, inDollars, pairOf, readExchange, type Exchange } from "./exchange.ts";
import { formatShort, formatValue } from "./figures.ts";
import { holdingsOf, type Holding } from "./holdings.ts";
import { formatPoolId, poolLabel } from "./pool-name.ts";

export const dexPosition = command<KeyFlags & NetworkFlags>({
  name: "position",
  summary: "show what an account has in pools, and what it is worth",
  details:
    "Shares at hand and staked in the farm, the tokens that they would give now, their part of the pool, and ORION to harvest.",
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion dex position --account engineer", "orion dex position --json"],
  async run(invocation) {
    const account = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async ({ chain }) => {
      const exchange = await readExchange(chain);
      const holdings = await holdingsOf(chain, exchange, account);
      const positions = holdings.map((holding) => positionJson(exchange, holding));
      invocation.terminal.result({ account, positions }, positionLines(chain, exchange, account, holdings));
    });
  },
});

function positionJson(exchange: Exchange, { pool, free, staked, earned, worth }: Holding): object {
  const value = bothInOrion(exchange, pool, worth.amount0, worth.amount1);
  return {
    pool: formatPoolId(pool.id),
    token0: pool.token0,
    token1: pool.token1,
    feePercent: pool.fee / 100,
    shares: free,
    staked,
    poolShares: pool.supply,
    amount0: worth.amount0,
    amount1: worth.amount1,
    earned,
    valueOrion: value ?? null,
    valueUsd: inDollars(exchange, value) ?? null,
  };
}

function positionLines(chain: Chain, exchange: Exchange, account: string, holdings: readonly Holding[]): string[] {
  if (holdings.length === 0) return [`${account} has no shares of a pool`];
  const rows = holdings.map(({ pool, free, staked, earned, worth }) => {
    const { base, quote } = pairOf(chain, exchange, pool);
    const isBase0 = base.address === pool.token0;
    const value = bothInOrion(exchange, pool, worth.amount0, worth.amount1);
    return [
      poolLabel(chain, exchange, pool),
      String(free),
      String(staked),
      formatPercent(free + staked, pool.supply),
      formatShort(isBase0 ? worth.amount0 : worth.amount1, base),
      formatShort(isBase0 ? worth.amount1 : worth.amount0, quote),
      formatValue(value, inDollars(exchange, value)),
      formatShort(earned, ORION),
    ];
  });
  return table(["pool", "shares", "staked", "of pool", "worth", "", "value", "to harvest"], rows);
}
