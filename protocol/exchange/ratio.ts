/** An exact, positive or zero fraction. */
export interface Ratio {
  readonly numerator: bigint;
  /** Not zero. */
  readonly denominator: bigint;
}

const DEFAULT_DIGITS = 6;

/**
 * The fraction as a decimal number of at most `digits` significant digits (all of its whole part), rounded to the nearest: `0.00123457`, `1234567`.
 * Never in scientific notation, so that a script and a person read the same.
 */
export function decimalOf({ numerator, denominator }: Ratio, digits = DEFAULT_DIGITS): string {
  if (numerator === 0n) return "0";
  const decimals = Math.max(0, digits - magnitudeOf(numerator, denominator));
  const scale = 10n ** BigInt(decimals);
  const rounded = (2n * numerator * scale + denominator) / (2n * denominator);
  const whole = (rounded / scale).toString();
  const fraction = decimals === 0 ? "" : (rounded % scale).toString().padStart(decimals, "0").replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

export function times(a: Ratio, b: Ratio): Ratio {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

/** The fraction of an amount, rounded down. */
export function partOf(amount: bigint, { numerator, denominator }: Ratio): bigint {
  return (amount * numerator) / denominator;
}

/** A price in base units as a price in whole tokens. */
export function inWholeTokens(price: Ratio, decimals: number, pricedInDecimals: number): Ratio {
  return {
    numerator: price.numerator * 10n ** BigInt(decimals),
    denominator: price.denominator * 10n ** BigInt(pricedInDecimals),
  };
}

/** Digits before the point; zero or negative for a number below 0.1, by the zeros that follow its point. */
function magnitudeOf(numerator: bigint, denominator: bigint): number {
  const whole = numerator / denominator;
  if (whole > 0n) return whole.toString().length;
  // A fraction n/d begins after about as many zeros as d has more digits than n.
  let zeros = denominator.toString().length - numerator.toString().length;
  if (numerator * 10n ** BigInt(zeros) < denominator) zeros += 1;
  return 1 - zeros;
}
