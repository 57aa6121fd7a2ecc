import { chainError, type Chain } from "../chain/index.ts";

/**
 * What the next block will call now, in seconds: that decides which calls are in time. The newest block's time lags behind on a chain that
 * mines only when it has to.
 */
export async function chainNow(chain: Chain): Promise<number> {
  try {
    const next = (await chain.provider.getBlock("pending")) ?? (await chain.provider.getBlock("latest"));
    return next?.timestamp ?? 0;
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
}
