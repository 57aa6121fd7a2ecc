import { ImpossibleTradeError } from "./errors.ts";
import { LARGEST_AMOUNT } from "./swap-math.ts";

/** Shares of every pool that nobody can ever redeem. */
export const LOCKED_SHARES = 1_000n;

/** What a pool holds, in base units, and all its shares. */
export interface Holdings {
  readonly reserve0: bigint;
  readonly reserve1: bigint;
  readonly supply: bigint;
}

/** Shares and the amounts that they cost or give. */
export interface Deposit {
  readonly shares: bigint;
  readonly amount0: bigint;
  readonly amount1: bigint;
}

/**
 * Shares that at most these amounts buy, and what they cost, rounded up; a pool without shares takes both amounts whole and keeps 1,000 shares.
 * As contracts/exchange/LiquidityMath.sol.
 * @throws ImpossibleTradeError for amounts that buy no share, or that a pool cannot hold
 */
export function depositOf(pool: Holdings, most0: bigint, most1: bigint): Deposit {
  if (pool.supply === 0n) return firstDeposit(most0, most1);
  const shares = least(
    (least(most0, LARGEST_AMOUNT) * pool.supply) / pool.reserve0,
    (least(most1, LARGEST_AMOUNT) * pool.supply) / pool.reserve1,
  );
  if (shares === 0n) {
    throw new ImpossibleTradeError("the amounts are too small: they buy no share of the pool", {
      hint: "give larger amounts",
    });
  }
  const amount0 = ceilDiv(shares * pool.reserve0, pool.supply);
  const amount1 = ceilDiv(shares * pool.reserve1, pool.supply);
  if (pool.reserve0 + amount0 > LARGEST_AMOUNT || pool.reserve1 + amount1 > LARGEST_AMOUNT) throw tooLarge();
  return { shares, amount0, amount1 };
}

/** What the shares give back, rounded down. */
export function withdrawalOf({ reserve0, reserve1, supply }: Holdings, shares: bigint): Deposit {
  if (supply === 0n) return { shares, amount0: 0n, amount1: 0n };
  return { shares, amount0: (shares * reserve0) / supply, amount1: (shares * reserve1) / supply };
}

/** The other token's amount that goes with `amount` of one token in the ratio of the reserves, rounded up. */
export function matching(amount: bigint, reserve: bigint, otherReserve: bigint): bigint {
  return ceilDiv(amount * otherReserve, reserve);
}

/** The whole part of a square root. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function firstDeposit(amount0: bigint, amount1: bigint): Deposit {
  if (amount0 > LARGEST_AMOUNT || amount1 > LARGEST_AMOUNT) throw tooLarge();
  const shares = squareRoot(amount0 * amount1);
  if (shares > LOCKED_SHARES) return { shares: shares - LOCKED_SHARES, amount0, amount1 };
  throw new ImpossibleTradeError("the amounts are too small to begin a pool with", { hint: "give larger amounts" });
}

function tooLarge(): ImpossibleTradeError {
  return new ImpossibleTradeError("the amount is larger than a pool can hold");
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
