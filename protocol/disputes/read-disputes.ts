import { contractInterface, readLogs, type Chain, type OnBlocks } from "../chain/index.ts";
import { DisputeState } from "./dispute-state.ts";

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
  onBlocks?: OnBlocks,
): Promise<DisputeState> {
  const state = new DisputeState();
  if (keys.length === 0) return state;
  const abi = contractInterface("DisputeManager");
  const { market, disputes: address } = chain.network.addresses;
  const marketTopic = `0x${market.slice(2).toLowerCase().padStart(64, "0")}`;
  const parts = keys === "all" ? [null] : slices(keys, MAX_KEYS);
  for (const part of parts) {
    for (const log of await readLogs(chain, { address, topics: [null, marketTopic, part], fromBlock }, onBlocks)) {
      const parsed = abi.parseLog(log);
      if (parsed === null) continue;
      const args: Record<string, unknown> = parsed.args.toObject();
      state.apply({ name: parsed.name, args, block: log.blockNumber, transaction: log.transactionHash });
    }
  }
  return state;
}

function slices(keys: readonly string[], length: number): string[][] {
  return Array.from({ length: Math.ceil(keys.length / length) }, (_, i) => keys.slice(i * length, (i + 1) * length));
}
