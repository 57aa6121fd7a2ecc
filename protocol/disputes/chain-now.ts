import { z } from "zod";

import { chainError, type Chain } from "../chain/index.ts";

const blockSchema = z.object({ timestamp: z.string() }).nullable();

/**
 * What the next block will call now, in seconds: that decides which calls are in time. The newest block's time lags behind on a chain that
 * mines only when it has to.
 */
export async function chainNow(chain: Chain): Promise<number> {
  try {
    // Asked for as it is: a pending block has no number, which ethers does not accept.
    const pending = blockSchema.safeParse(await chain.provider.send("eth_getBlockByNumber", ["pending", false])).data;
    if (pending !== undefined && pending !== null) return Number(pending.timestamp);
    return (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
}
