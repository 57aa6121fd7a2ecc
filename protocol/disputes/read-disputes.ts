import { readLogs, topicLists, type Chain, type OnBlocks } from "../chain/index.ts";
import { DisputeState } from "./dispute-state.ts";
import { judgeEvent, judgeFilter } from "./judge-logs.ts";

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
  for (const part of keys === "all" ? [undefined] : topicLists(keys)) {
    const query = { ...judgeFilter(chain.network, part), fromBlock };
    for (const log of await readLogs(chain, query, onBlocks)) {
      const event = judgeEvent(log);
      if (event !== undefined) state.apply(event);
    }
  }
  return state;
}
