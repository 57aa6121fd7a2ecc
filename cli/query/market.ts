import { marketQuery, type MarketQuery } from "@orion/protocol/query";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { facts } from "../core/table.ts";
import { formatDollars, formatValue } from "../dex/figures.ts";
import { answer } from "./answer.ts";
import { dollarsOf, dollarsSource, formatHeld, inDollars, pricesInOrion, type Dollars } from "./dollars.ts";
import { queryOptions, type QueryFlags } from "./options.ts";

export const queryMarket = command<QueryFlags>({
  name: "market",
  summary: "show the network's totals: jobs, escrow, payments, stake, disputes, credits, and prices",
  details: `Dollars stand beside ORION that is held now, where the network has a feed and its price was reported; the line of the ORION price says how old it is.`,
  options: [...queryOptions],
  examples: ["orion query market", "orion query market --block 1200 --json"],
  async run(invocation) {
    await answer(invocation, async ({ client, at }) => {
      const found = await client.ask(marketQuery, at);
      const { protocol } = found;
      const prices = pricesOf(found);
      return { value: { ...protocol, ...pricesJson(prices) }, lines: marketLines(protocol, prices), dated: found };
    });
  },
});

const cu = (amount: string): string => formatAmount(BigInt(amount), CU);
const orion = (amount: string): string => formatAmount(BigInt(amount), ORION);

/** What a CU costs in the pool that prices compute (ORION wei), and what ORION does. */
export interface Prices {
  readonly credit: bigint | undefined;
  readonly dollars: Dollars | undefined;
}

function pricesOf(found: MarketQuery): Prices {
  const [pool] = found.creditPools;
  const [price0, price1] = pool === undefined ? [] : pricesInOrion(pool);
  return { credit: pool?.token0.symbol === "CU" ? price0 : price1, dollars: dollarsOf(found) };
}

function pricesJson({ credit, dollars }: Prices): object {
  const usd = dollars === undefined ? null : { ...dollars, credit: inDollars(dollars, credit) ?? null };
  return { creditPrice: credit ?? null, usd };
}

export function marketLines(protocol: MarketQuery["protocol"], prices: Prices): string[] {
  if (protocol === null) return ["nothing has happened on this network yet"];
  const { market, registry, judge, reserveBook, credits, exchange } = protocol;
  const held = (amount: string): string => formatHeld(amount, ORION, prices.dollars);
  return facts([
    ...(market === null ? [] : marketFacts(market, held)),
    ...(registry === null ? [] : registryFacts(registry, held)),
    ...(judge === null ? [] : judgeFacts(judge)),
    ...(reserveBook === null ? [] : reserveFacts(reserveBook, held)),
    ...(credits === null ? [] : creditFacts(credits, held)),
    ...(exchange === null ? [] : ([["exchange", `${exchange.poolCount} pools, ${exchange.swapCount} swaps`]] as const)),
    ...priceFacts(prices),
    ...(protocol.orion === null ? [] : ([["ORION supply", held(protocol.orion.supply)]] as const)),
    ...(protocol.cu === null ? [] : ([["CU supply", cu(protocol.cu.supply)]] as const)),
  ]);
}

type Part<Name extends keyof NonNullable<MarketQuery["protocol"]>> = NonNullable<
  NonNullable<MarketQuery["protocol"]>[Name]
>;
type Facts = readonly (readonly [name: string, value: string])[];
/** Formats ORION that somebody holds. */
type Held = (amount: string) => string;

function priceFacts({ credit, dollars }: Prices): Facts {
  const source = dollars === undefined ? "" : `${formatDollars(dollars.orion)}, ${dollarsSource(dollars)}`;
  return [
    ...(credit === undefined ? [] : ([["CU price", formatValue(credit, inDollars(dollars, credit))]] as const)),
    ...(source === "" ? [] : ([["ORION price", source]] as const)),
  ];
}

function marketFacts(market: Part<"market">, held: Held): Facts {
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
    ["collateral", held(market.collateral)],
    [
      "penalties",
      `${orion(market.burned)} burned, ${orion(market.compensated)} to posters, ${orion(market.rewarded)} to finders, ${orion(market.reserved)} put in reserve`,
    ],
  ];
}

function registryFacts({ providerCount, free, locked, slashed }: Part<"registry">, held: Held): Facts {
  return [
    ["providers", String(providerCount)],
    ["stake", `${held(free)} free, ${held(locked)} locked, ${orion(slashed)} slashed`],
  ];
}

function judgeFacts(judge: Part<"judge">): Facts {
  const fallen = `${judge.fallenCount} fallen (${judge.proofCount} proved wrong, ${judge.timeoutCount} by silence)`;
  const demands = `${judge.answerCount} of ${judge.demandCount} demands answered, ${judge.traceDemandCount} of them for traces`;
  return [["disputes", `${judge.disputeCount}, ${fallen}, ${demands}`]];
}

function reserveFacts(book: Part<"reserveBook">, held: Held): Facts {
  const paid = `${orion(book.toFinders)} to finders, ${orion(book.toPosters)} to posters, ${orion(book.toProviders)} back to providers, ${orion(book.burned)} burned`;
  const verdicts = `${book.refutedCount} refuted, ${book.upheldCount} upheld`;
  return [
    ["in reserve", `${held(book.held)} of ${book.pendingCount} claims that fell by silence; ${verdicts}; ${paid}`],
  ];
}

function creditFacts({ debt, locked, openPositionCount }: Part<"credits">, held: Held): Facts {
  return [["credits owed", `${cu(debt)} by ${openPositionCount} positions that lock ${held(locked)}`]];
}
