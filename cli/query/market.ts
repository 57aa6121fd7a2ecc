import { marketQuery, type MarketQuery } from "@orion/protocol/query";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { facts } from "../core/table.ts";
import { answer } from "./answer.ts";
import { queryOptions, type QueryFlags } from "./options.ts";

export const queryMarket = command<QueryFlags>({
  name: "market",
  summary: "show the network's totals: jobs, escrow, payments, stake, disputes, credits",
  options: [...queryOptions],
  examples: ["orion query market", "orion query market --block 1200 --json"],
  async run(invocation) {
    await answer(invocation, async ({ client, at }) => {
      const found = await client.ask(marketQuery, at);
      const { protocol } = found;
      return { value: { ...protocol }, lines: marketLines(protocol), dated: found };
    });
  },
});

const cu = (amount: string): string => formatAmount(BigInt(amount), CU);
const orion = (amount: string): string => formatAmount(BigInt(amount), ORION);

export function marketLines(protocol: MarketQuery["protocol"]): string[] {
  if (protocol === null) return ["nothing has happened on this network yet"];
  const { market, registry, judge, credits, exchange } = protocol;
  return facts([
    ...(market === null ? [] : marketFacts(market)),
    ...(registry === null ? [] : registryFacts(registry)),
    ...(judge === null ? [] : judgeFacts(judge)),
    ...(credits === null ? [] : creditFacts(credits)),
    ...(exchange === null ? [] : ([["exchange", `${exchange.poolCount} pools, ${exchange.swapCount} swaps`]] as const)),
    ...(protocol.orion === null ? [] : ([["ORION supply", orion(protocol.orion.supply)]] as const)),
    ...(protocol.cu === null ? [] : ([["CU supply", cu(protocol.cu.supply)]] as const)),
  ]);
}

type Part<Name extends keyof NonNullable<MarketQuery["protocol"]>> = NonNullable<
  NonNullable<MarketQuery["protocol"]>[Name]
>;
type Facts = readonly (readonly [name: string, value: string])[];

function marketFacts(market: Part<"market">): Facts {
  const { jobCount, finishedJobCount, cancelledJobCount } = market;
  return [
    ["jobs", `${jobCount} posted, ${finishedJobCount} finished, ${cancelledJobCount} cancelled`],
    [
      "claims",
      `${market.claimCount} made, ${market.settledCount} settled, ${market.expiredCount} expired, ${market.forfeitedCount} forfeited`,
    ],
    ["work settled", `${cu(market.settledWork)} in ${market.settledShards} shards`],
    ["in escrow", `${cu(market.escrow)} and ${cu(market.tips)} of tips`],
    ["paid", `${cu(market.paidForWork)} for work, ${cu(market.paidTips)} of tips, ${cu(market.paidFees)} of fees`],
    ["refunded", cu(market.refunded)],
    ["collateral", orion(market.collateral)],
    [
      "penalties",
      `${orion(market.burned)} burned, ${orion(market.compensated)} to posters, ${orion(market.rewarded)} to finders`,
    ],
  ];
}

function registryFacts({ providerCount, free, locked, slashed }: Part<"registry">): Facts {
  return [
    ["providers", String(providerCount)],
    ["stake", `${orion(free)} free, ${orion(locked)} locked, ${orion(slashed)} slashed`],
  ];
}

function judgeFacts(judge: Part<"judge">): Facts {
  const fallen = `${judge.fallenCount} fallen (${judge.proofCount} proved wrong, ${judge.timeoutCount} timed out)`;
  return [
    ["disputes", `${judge.disputeCount}, ${fallen}, ${judge.answerCount} of ${judge.demandCount} demands answered`],
  ];
}

function creditFacts({ debt, locked, openPositionCount }: Part<"credits">): Facts {
  return [["credits owed", `${cu(debt)} by ${openPositionCount} positions that lock ${orion(locked)}`]];
}
