import { chainNow, type Chain } from "@orion/protocol/chain";

/** The chain time, in seconds, until which a transaction that is sent now may be mined. */
export async function deadlineIn(chain: Chain, seconds: number): Promise<bigint> {
  return BigInt((await chainNow(chain)) + seconds);
}
