import { BASIS_POINTS } from "../chain/pool.ts";
import { ImpossibleTradeError } from "./errors.ts";

/** Reserves and amounts stay below 2^102; the exchange refuses what is larger. */
export const LARGEST_AMOUNT = 2n ** 102n - 1n;
const WHOLE = BigInt(BASIS_POINTS);

/** One side of a pool as a trade meets it. */
export interface Sides {
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
  /** Basis points of the input. */
  readonly fee: number;
  /** The protocol takes one part in so many of the fee; 0 for nothing. */
  readonly protocolPart: number;
}

/** A swap in base units, and the reserves that it leaves. */
export interface Trade {
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
}

/**
 * Output for an exact input, rounded down: in·(1 − fee)·rOut / (rIn + in·(1 − fee)), as contracts/exchange/SwapMath.sol.
 * @throws ImpossibleTradeError for an input too large for the pool, or too small to give anything
 */
export function tradeExactIn(pool: Sides, amountIn: bigint): Trade {
  requireSmall(amountIn);
  const charged = amountIn * (WHOLE - BigInt(pool.fee));
  const amountOut = (charged * pool.reserveOut) / (pool.reserveIn * WHOLE + charged);
  return settled(pool, amountIn, amountOut);
}

/**
 * Least input for an exact output, rounded up.
 * @throws ImpossibleTradeError when the pool does not hold so much
 */
export function tradeExactOut(pool: Sides, amountOut: bigint): Trade {
  if (amountOut >= pool.reserveOut) throw new ImpossibleTradeError("the pool holds less than that");
  const divisor = (pool.reserveOut - amountOut) * (WHOLE - BigInt(pool.fee));
  const amountIn = (pool.reserveIn * amountOut * WHOLE + divisor - 1n) / divisor;
  requireSmall(amountIn);
  return settled(pool, amountIn, amountOut);
}

/** What the protocol takes of the fee, rounded down; it stays in no reserve. */
export function protocolFeeOf({ fee, protocolPart }: Sides, amountIn: bigint): bigint {
  return protocolPart === 0 ? 0n : (amountIn * BigInt(fee)) / (WHOLE * BigInt(protocolPart));
}

/** The fee of one swap in its input, rounded up: what the output was not computed from. */
export function feeOf({ fee }: Pick<Sides, "fee">, amountIn: bigint): bigint {
  return (amountIn * BigInt(fee) + WHOLE - 1n) / WHOLE;
}

function settled(pool: Sides, amountIn: bigint, amountOut: bigint): Trade {
  if (amountOut <= 0n) throw new ImpossibleTradeError("the amount is too small: it gives nothing");
  const reserveIn = pool.reserveIn + amountIn - protocolFeeOf(pool, amountIn);
  requireSmall(reserveIn);
  return { amountIn, amountOut, reserveIn, reserveOut: pool.reserveOut - amountOut };
}

function requireSmall(amount: bigint): void {
  if (amount > LARGEST_AMOUNT) throw new ImpossibleTradeError("the amount is larger than a pool can hold");
}
