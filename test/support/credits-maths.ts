import { CREDIT } from "@orion/protocol/common";

/** Square root, rounded down. */
export function sqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let x = 1n << BigInt((value.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (x + value / x) / 2n;
    if (next >= x) return x;
    x = next;
  }
}

/**
 * CU to sell into a pool so that the last one still brings `least` ORION wei per CU, with the pool's fee of 0.30%: what somebody sells who gets
 * CU for that much. Zero where the price is not higher.
 */
export function mostProfitableSale(reserves: { orion: bigint; credits: bigint }, least: bigint): bigint {
  // y(s) = R·0.997·s / (x + 0.997·s); y'(s) = least at x + 0.997·s = √(0.997·R·x / least).
  const end = sqrt((reserves.orion * reserves.credits * 997n * CREDIT) / (1000n * least));
  return end > reserves.credits ? ((end - reserves.credits) * 1000n) / 997n : 0n;
}

/** Seconds of 30 days: the shortest time for which a mint pays. */
const MONTH = 30n * 86_400n;

/**
 * The fee of a mint as the protocol states it: lock · max(term, 30 d) / 30 d · (0.25% + 1.75% · (u0 + u1) / 2), rounded up, with u the used part of the
 * hour's quota before and after.
 */
export function mintFee(lock: bigint, term: bigint, use: { quota: bigint; before: bigint; amount: bigint }): bigint {
  const { quota, before, amount } = use;
  const paid = term > MONTH ? term : MONTH;
  // Per cents in hundredths, over 2 · quota.
  const rate = 25n * 2n * quota + 175n * (before + before + amount);
  return ceilDiv(lock * paid * rate, MONTH * 10_000n * 2n * quota);
}

/** The fee of a roll: 0.25% of the lock per 30 days, rounded up. */
export function rollFee(lock: bigint, seconds: bigint): bigint {
  return ceilDiv(lock * seconds * 25n, MONTH * 10_000n);
}

function ceilDiv(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
