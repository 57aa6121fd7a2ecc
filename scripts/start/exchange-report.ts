import { CU, formatAmount, formatRounded, ORION, type Client } from "@orion/cli";

/** What happened on the CU/ORION pool while the network ran. */
export interface ExchangeReport {
  /** ORION wei per CU: before anybody traded, and after everybody had. */
  readonly priceBefore: bigint;
  readonly priceAfter: bigint;
  /** US dollars (18 decimals) for one ORION; null on a network without a feed. */
  readonly usdPerOrion: bigint | null;
  readonly swaps: number;
  /** What the fees left to those who provide liquidity: CU base units and ORION wei. */
  readonly fees: { readonly credits: bigint; readonly orion: bigint };
  /** ORION wei that the engineer paid for the escrow. */
  readonly paidForEscrow: bigint;
  /** CU base units that providers sold before the job (minted) and after it (earned). */
  readonly sold: { readonly minted: bigint; readonly earned: bigint };
  /** ORION wei that liquidity mining paid. */
  readonly rewards: bigint;
}

const BPS = 10_000n;
const FEE_BPS = 30n;
const PRICE = { symbol: "ORION per CU", decimals: 18 };
const PRICE_DIGITS = 9;
const USD = { symbol: "USD", decimals: 18 };
const USD_DIGITS = 6;
const ONE_ORION = 10n ** 18n;

/** Swaps of the pool that prices compute from a block on, and the fees that they left to its providers. */
export async function swapsSince(
  { chain }: Client,
  fromBlock: number,
): Promise<Pick<ExchangeReport, "swaps" | "fees">> {
  const { dex, credits } = chain.contracts;
  const { addresses } = chain.network;
  const swaps = await dex.queryFilter(dex.filters.Swap(await credits.POOL()), fromBlock);
  const creditsFirst = BigInt(addresses.credits) < BigInt(addresses.orion);
  const fees = { credits: 0n, orion: 0n };
  for (const { args } of swaps) {
    const isFirst = args.amount0 > 0n;
    const fee = ((isFirst ? args.amount0 : args.amount1) * FEE_BPS) / BPS - args.protocolFee;
    fees[isFirst === creditsFirst ? "credits" : "orion"] += fee;
  }
  return { swaps: swaps.length, fees };
}

function dollarLine({ priceBefore, priceAfter }: ExchangeReport, usdPerOrion: bigint): string {
  const dollars = (orion: bigint): string => formatRounded((orion * usdPerOrion) / ONE_ORION, USD, USD_DIGITS);
  return `       at ${formatRounded(usdPerOrion, USD, USD_DIGITS)} per ORION that is ${dollars(priceBefore)} per CU before, ${dollars(priceAfter)} after`;
}

/** For people. */
export function exchangeLines(report: ExchangeReport): string[] {
  const { priceBefore, priceAfter, usdPerOrion, swaps, fees, paidForEscrow, sold, rewards } = report;
  const price = (value: bigint): string => formatRounded(value, PRICE, PRICE_DIGITS);
  return [
    `Exchange: ${price(priceBefore)} before, ${price(priceAfter)} after ${swaps} trades`,
    ...(usdPerOrion === null ? [] : [dollarLine(report, usdPerOrion)]),
    `       providers sold ${formatAmount(sold.minted, CU)} of future work, and ${formatAmount(sold.earned, CU)} that they earned`,
    `       the engineer paid ${formatRounded(paidForEscrow, ORION)} for the escrow, in the transaction that posted the job`,
    `       liquidity earned ${formatRounded(fees.credits, CU)} and ${formatRounded(fees.orion, ORION)} in fees, and ${formatRounded(rewards, ORION)} by mining`,
  ];
}
