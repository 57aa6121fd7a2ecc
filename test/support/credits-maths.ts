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
  const end = sqrt((reserves.orion * reserves.credits * 997n * 10n ** 12n) / (1000n * least));
  return end > reserves.credits ? ((end - reserves.credits) * 1000n) / 997n : 0n;
}
