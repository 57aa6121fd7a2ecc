import type { JsonRpcProvider } from "ethers";

import { OrionError } from "../common/errors.ts";

/** EIP-1559 fees in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the chain asks now, and what the endpoint suggests above it. */
export interface FeeMarket {
  readonly baseFee: bigint;
  readonly tip: bigint;
  /** Timestamp of the newest block, s; missing where the endpoint shows none. */
  readonly blockTime?: number;
}

export const GWEI = 10n ** 9n;

/** Nodes accept a replacement from 10% on; a quarter also outpaces a rising base fee. */
const BUMP_PERCENT = 125n;
/** Without a limit of the user's, so many base fees are the most per gas, or the floor where the base fee is next to nothing. */
const DEFAULT_CAP_BASE_FEES = 20n;
const DEFAULT_CAP_FLOOR = 20n * GWEI;
/** A suggested tip above so many base fees, and above the floor, is taken for a mistake of the endpoint. */
const SUGGESTED_TIP_BASE_FEES = 2n;
const SUGGESTED_TIP_FLOOR = 3n * GWEI;

/** The chain's base fee is above what the user allows; nothing was signed. */
export class FeeAboveLimitError extends OrionError {
  readonly code = "FEE_ABOVE_LIMIT";
  readonly retryable = true;
}

/** The user's limit in wei per gas: a sender's own, else the network's. */
export function feeLimit(of: {
  readonly maxFeePerGas?: bigint;
  readonly chain: { readonly network: { readonly maxFee?: number | undefined } };
}): bigint | undefined {
  const { maxFee } = of.chain.network;
  return of.maxFeePerGas ?? (maxFee === undefined ? undefined : BigInt(Math.round(maxFee * Number(GWEI))));
}

/** @throws whatever the endpoint fails with */
export async function readFeeMarket(provider: JsonRpcProvider): Promise<FeeMarket> {
  const [block, tip] = await Promise.all([
    provider.send("eth_getBlockByNumber", ["latest", false]) as Promise<Head | null>,
    // Some endpoints lack the method; a chain without tips takes none.
    provider.send("eth_maxPriorityFeePerGas", []).catch(() => "0x0") as Promise<string>,
  ]);
  const seen = block?.timestamp === undefined ? {} : { blockTime: Number(block.timestamp) };
  if (typeof block?.baseFeePerGas === "string") {
    return { baseFee: BigInt(block.baseFeePerGas), tip: BigInt(tip), ...seen };
  }
  return { baseFee: BigInt((await provider.send("eth_gasPrice", [])) as string), tip: 0n, ...seen };
}

interface Head {
  readonly baseFeePerGas?: string | null;
  readonly timestamp?: string;
}

/** The most that a gas may cost, in wei: the user's limit, else a multiple of the base fee. */
export function feeCap({ baseFee }: FeeMarket, limit: bigint | undefined): bigint {
  if (limit !== undefined) return limit;
  const cap = baseFee * DEFAULT_CAP_BASE_FEES;
  return cap > DEFAULT_CAP_FLOOR ? cap : DEFAULT_CAP_FLOOR;
}

/**
 * What a new transaction offers: twice the base fee and the suggested tip, within the limits. A tip that is out of all proportion is cut.
 * @param limit the user's, in wei per gas
 * @throws FeeAboveLimitError when the base fee alone is above the limit
 */
export function chooseFees(market: FeeMarket, limit?: bigint): Fees {
  const { baseFee } = market;
  const cap = feeCap(market, limit);
  if (baseFee > cap) {
    throw new FeeAboveLimitError(`the chain asks ${inGwei(baseFee)} gwei per gas, the limit is ${inGwei(cap)}`, {
      hint: "wait until it is cheaper, or allow more with `--max-fee <gwei>`",
    });
  }
  const tip = min(saneTip(market), cap - baseFee);
  return { maxFeePerGas: min(2n * baseFee + tip, cap), maxPriorityFeePerGas: tip };
}

/** True where the endpoint suggests more than a transaction will offer. */
export function isTipCut(market: FeeMarket): boolean {
  return market.tip > saneTip(market);
}

function saneTip({ baseFee, tip }: FeeMarket): bigint {
  const most = baseFee * SUGGESTED_TIP_BASE_FEES;
  return min(tip, most > SUGGESTED_TIP_FLOOR ? most : SUGGESTED_TIP_FLOOR);
}

/** Fees of a replacement: a quarter above the old ones, rounded up, and not below today's; undefined where that is above the limit. */
export function bumpedFees(old: Fees, market: FeeMarket, limit?: bigint): Fees | undefined {
  const cap = feeCap(market, limit);
  const raise = (before: bigint, now: bigint): bigint => {
    const least = (before * BUMP_PERCENT) / 100n + 1n;
    return least > now ? least : now;
  };
  const maxFeePerGas = raise(old.maxFeePerGas, 2n * market.baseFee + saneTip(market));
  const maxPriorityFeePerGas = raise(old.maxPriorityFeePerGas, min(saneTip(market), cap));
  if (maxFeePerGas <= cap && maxPriorityFeePerGas <= maxFeePerGas) return { maxFeePerGas, maxPriorityFeePerGas };
  const least = (old.maxFeePerGas * BUMP_PERCENT) / 100n + 1n;
  if (least > cap || maxPriorityFeePerGas > cap) return undefined;
  return { maxFeePerGas: cap, maxPriorityFeePerGas };
}

/** Four significant digits. */
export function inGwei(wei: bigint): string {
  const gwei = Number(wei) / 1e9;
  return gwei >= 1_000 ? String(Math.round(gwei)) : String(Number(gwei.toPrecision(4)));
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
