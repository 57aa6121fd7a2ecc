import { chainError, contractInterface, type Chain } from "../chain/index.ts";
import { DisputeState } from "./dispute-state.ts";

/** Largest block range asked for at once; providers limit it. */
const MAX_RANGE = 5_000;
/** Claims asked for at once; nodes limit the length of a topic list. */
const MAX_KEYS = 500;

/**
 * What happened before the judge to these claims (all where none are named) of the network's market, read from the chain anew: nothing is kept, so nothing can be stale after a
 * reorganisation or a restart.
 * @param fromBlock a block before the first of the claims
 */
export async function readDisputes(
  chain: Chain,
  keys: readonly string[] | "all",
  fromBlock: number,
): Promise<DisputeState> {
  const state = new DisputeState();
  if (keys.length === 0) return state;
  const abi = contractInterface("DisputeManager");
  const { market, disputes: address } = chain.network.addresses;
  const marketTopic = `0x${market.slice(2).toLowerCase().padStart(64, "0")}`;
  try {
    const head = await chain.provider.getBlockNumber();
    const parts = keys === "all" ? [null] : slices(keys, MAX_KEYS);
    for (const part of parts) {
      const topics = [null, marketTopic, part];
      for (let from = fromBlock; from <= head; from += MAX_RANGE) {
        const logs = await chain.provider.getLogs({
          address,
          topics,
          fromBlock: from,
          toBlock: Math.min(head, from + MAX_RANGE - 1),
        });
        for (const log of logs) {
          const parsed = abi.parseLog(log);
          if (parsed === null) continue;
          const args: Record<string, unknown> = parsed.args.toObject();
          state.apply({ name: parsed.name, args, block: log.blockNumber, transaction: log.transactionHash });
        }
      }
    }
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
  return state;
}

function slices(keys: readonly string[], length: number): string[][] {
  return Array.from({ length: Math.ceil(keys.length / length) }, (_, i) => keys.slice(i * length, (i + 1) * length));
}
