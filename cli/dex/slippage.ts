const WHOLE = 10_000n;

/** The least that is accepted of an expected amount, rounded up: never less than what was agreed to. */
export function leastOf(expected: bigint, slippage: number): bigint {
  return (expected * (WHOLE - BigInt(slippage)) + WHOLE - 1n) / WHOLE;
}

/** The most that is paid for what is expected to cost `expected`, rounded down. */
export function mostOf(expected: bigint, slippage: number): bigint {
  return (expected * (WHOLE + BigInt(slippage))) / WHOLE;
}
