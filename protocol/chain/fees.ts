import type { JsonRpcProvider } from "ethers";

/** EIP-1559 fees in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Nodes accept a replacement from 10% on; a quarter also outpaces a rising base fee. */
const BUMP_PERCENT = 125n;

export async function currentFees(provider: JsonRpcProvider): Promise<Fees> {
  const data = await provider.getFeeData();
  const tip = data.maxPriorityFeePerGas ?? 0n;
  const cap = data.maxFeePerGas ?? data.gasPrice ?? 0n;
  return { maxFeePerGas: cap > tip ? cap : tip, maxPriorityFeePerGas: tip };
}

/** Fees of a replacement: a quarter above the old ones, rounded up, and not below today's. */
export function bumpedFees(old: Fees, current: Fees): Fees {
  const raise = (before: bigint, now: bigint): bigint => {
    const least = (before * BUMP_PERCENT) / 100n + 1n;
    return least > now ? least : now;
  };
  return {
    maxFeePerGas: raise(old.maxFeePerGas, current.maxFeePerGas),
    maxPriorityFeePerGas: raise(old.maxPriorityFeePerGas, current.maxPriorityFeePerGas),
  };
}
