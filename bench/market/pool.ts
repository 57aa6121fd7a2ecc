import { CU, ORION, least } from "./units.ts";

/** Basis points of the input that a swap in the canonical pool pays. */
const FEE = 30n;
const BPS = 10_000n;

/** Reserves and shares of the canonical pool as they stand after everything that was sent before; plain, so that it can be copied. */
export interface Pool {
  orion: bigint;
  cu: bigint;
  shares: bigint;
}

/** Output of a swap, rounded down as the exchange does. */
export function amountOut(amountIn: bigint, reserveIn: bigint, reserveOut: bigint): bigint {
  const charged = amountIn * (BPS - FEE);
  return (charged * reserveOut) / (reserveIn * BPS + charged);
}

/** Least input for an output below the reserve, rounded up as the exchange does. */
export function amountIn(out: bigint, reserveIn: bigint, reserveOut: bigint): bigint {
  const divisor = (reserveOut - out) * (BPS - FEE);
  return (reserveIn * out * BPS + divisor - 1n) / divisor;
}

/** ORION per CU at the margin, without the fee. */
export function spotPrice(pool: Pool): number {
  return Number(pool.orion) / Number(ORION) / (Number(pool.cu) / Number(CU));
}

/** ORION that moves the price up to `price`, fee included; zero if it stands there already. */
export function orionToReach(pool: Pool, price: number): bigint {
  const ratio = Math.sqrt(price / spotPrice(pool));
  return ratio <= 1 ? 0n : part(pool.orion, (ratio - 1) / (1 - Number(FEE) / Number(BPS)));
}

/** CU that moves the price down to `price`, fee included; zero if it stands there already. */
export function cuToReach(pool: Pool, price: number): bigint {
  const ratio = Math.sqrt(spotPrice(pool) / price);
  return ratio <= 1 ? 0n : part(pool.cu, (ratio - 1) / (1 - Number(FEE) / Number(BPS)));
}

/** Books a sale of CU and returns the ORION that it brings. */
export function sellCu(pool: Pool, cu: bigint): bigint {
  const out = amountOut(cu, pool.cu, pool.orion);
  pool.cu += cu;
  pool.orion -= out;
  return out;
}

/** Books a purchase of exactly `cu` and returns the ORION that it costs. */
export function buyCu(pool: Pool, cu: bigint): bigint {
  const cost = amountIn(cu, pool.orion, pool.cu);
  pool.orion += cost;
  pool.cu -= cu;
  return cost;
}

/** Books a purchase for exactly `orion` and returns the CU that it brings. */
export function spendOrion(pool: Pool, orion: bigint): bigint {
  const out = amountOut(orion, pool.orion, pool.cu);
  pool.orion += orion;
  pool.cu -= out;
  return out;
}

function part(amount: bigint, ratio: number): bigint {
  return (amount * BigInt(Math.floor(ratio * 1e9))) / 10n ** 9n;
}

/** Books a deposit of at most these amounts and returns what it takes and gives. */
export function addLiquidity(pool: Pool, orion: bigint, cu: bigint): { orion: bigint; cu: bigint; shares: bigint } {
  const shares = least((orion * pool.shares) / pool.orion, (cu * pool.shares) / pool.cu);
  const costUp = (reserve: bigint): bigint => (shares * reserve + pool.shares - 1n) / pool.shares;
  const added = { orion: costUp(pool.orion), cu: costUp(pool.cu), shares };
  pool.orion += added.orion;
  pool.cu += added.cu;
  pool.shares += shares;
  return added;
}

/** Books a withdrawal and returns what it gives. */
export function removeLiquidity(pool: Pool, shares: bigint): { orion: bigint; cu: bigint } {
  const removed = { orion: (shares * pool.orion) / pool.shares, cu: (shares * pool.cu) / pool.shares };
  pool.orion -= removed.orion;
  pool.cu -= removed.cu;
  pool.shares -= shares;
  return removed;
}
