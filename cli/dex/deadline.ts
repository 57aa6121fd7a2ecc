import type { Chain } from "@orion/protocol/chain";
import { chainNow } from "@orion/protocol/disputes";

/** The chain time, in seconds, until which a transaction that is sent now may be mined. */
export async function deadlineIn(chain: Chain, seconds: number): Promise<bigint> {
  return BigInt((await chainNow(chain)) + seconds);
}
