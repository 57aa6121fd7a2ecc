import { Argument } from "commander";

import { reading, type Chain } from "@orion/protocol/chain";
import { withdrawalOf, type Pool } from "@orion/protocol/exchange";

import { formatPercent, ORION } from "../../core/amounts.ts";
import { formatSpan } from "../../core/chain-time.ts";
import { accountOf, withClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { table } from "../../core/table.ts";
import { bothInOrion, readExchange, type Exchange } from "../exchange.ts";
import { formatShort } from "../figures.ts";
import { holdingOf, type Holding } from "../holdings.ts";
import { formatPoolId, poolLabel } from "../pool-name.ts";

const DAY = 86_400n;
const YEAR = 365n * DAY;

/** What a pool's farm pays, and what an account has in it. */
interface FarmView {
  readonly pool: Pool;
  /** ORION wei per second, for all staked shares together. */
  readonly rate: bigint;
  /** ORION wei that are funded and not earned yet. */
  readonly budget: bigint;
  readonly staked: bigint;
  /** What the staked shares are worth, in ORION wei. */
  readonly stakedValue: bigint | undefined;
  readonly holding: Holding;
}

export const farmStatus = command<KeyFlags & NetworkFlags>({
  name: "status",
  summary: "show what staked shares of each pool earn, and what an account has earned",
  details: `A rate is for all staked shares of a pool together and is governed; it lasts as long as its budget. The yearly figure is the rate over the value of
what is staked, both now, in ORION: it falls as others stake, and says nothing of the price of ORION.`,
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion dex farm status --account engineer", "orion dex farm status --json"],
  async run(invocation) {
    const account = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async ({ chain }) => {
      const exchange = await readExchange(chain);
      const all = await Promise.all(exchange.pools.map((pool) => viewFarm(chain, exchange, pool, account)));
      const farms = all.filter(({ rate, budget, staked }) => rate + budget + staked > 0n);
      invocation.terminal.result({ account, farms: farms.map(farmJson) }, farmLines(chain, exchange, farms));
    });
  },
});

async function viewFarm(chain: Chain, exchange: Exchange, pool: Pool, account: string): Promise<FarmView> {
  const [{ rate, budget, staked }, holding] = await Promise.all([
    reading(chain, () => chain.contracts.mining.farm(pool.id)),
    holdingOf(chain, pool, account),
  ]);
  const { amount0, amount1 } = withdrawalOf(pool, staked);
  return { pool, rate, budget, staked, stakedValue: bothInOrion(exchange, pool, amount0, amount1), holding };
}

function farmJson({ pool, rate, budget, staked, stakedValue, holding }: FarmView): object {
  return {
    pool: formatPoolId(pool.id),
    rate,
    budget,
    staked,
    stakedValueOrion: stakedValue ?? null,
    yours: { shares: holding.free, staked: holding.staked, earned: holding.earned },
  };
}

function farmLines(chain: Chain, exchange: Exchange, farms: readonly FarmView[]): string[] {
  if (farms.length === 0) return ["no pool has a farm"];
  const rows = farms.map(({ pool, rate, budget, staked, stakedValue, holding }) => [
    poolLabel(chain, exchange, pool),
    formatShort(rate * DAY, ORION),
    rate === 0n ? "–" : formatSpan(Number(budget / rate)),
    formatPercent(staked, pool.supply),
    stakedValue === undefined || stakedValue === 0n ? "–" : formatPercent(rate * YEAR, stakedValue),
    String(holding.staked),
    formatShort(holding.earned, ORION),
  ]);
  return table(["pool", "pays a day", "budget lasts", "staked", "a year", "your shares", "to harvest"], rows);
}
