import { z } from "zod";

import { UnavailableError } from "../common/errors.ts";
import type { Chain } from "./chain.ts";
import { reading } from "./reading.ts";

const blockSchema = z.object({ timestamp: z.string() }).nullable();

/**
 * What the next block will call now, in seconds: that decides which calls are in time. The newest block's time lags behind on a chain that
 * mines only when it has to.
 * @throws UnavailableError when the chain does not answer, or shows no block
 */
export async function chainNow(chain: Chain): Promise<number> {
  return reading(chain, async () => {
    // Asked for as it is: a pending block has no number, which ethers does not accept.
    const pending = blockSchema.safeParse(await chain.provider.send("eth_getBlockByNumber", ["pending", false])).data;
    if (pending !== undefined && pending !== null) return Number(pending.timestamp);
    const newest = await chain.provider.getBlock("latest");
    if (newest === null) throw new UnavailableError(`the chain at ${chain.network.rpcUrl} shows no block`);
    return newest.timestamp;
  });
}
