import {
  contractInterface,
  findJobs,
  isFinished,
  readLogs,
  topicLists,
  type Chain,
  type MarketState,
} from "@orion/protocol/chain";

const ENDS = ["UnitSettled", "UnitExpired", "UnitForfeited"] as const;

/** Of these claims those that are over, by the market's events: jobs that are retired are not in memory any more. */
export async function endedClaims(chain: Chain, keys: readonly string[]): Promise<Set<string>> {
  const abi = contractInterface("JobMarket");
  const signatures = ENDS.map((name) => abi.getEvent(name)?.topicHash ?? "");
  const address = chain.network.addresses.market;
  const ended = new Set<string>();
  for (const list of topicLists(keys)) {
    for (const log of await readLogs(chain, { address, topics: [signatures, null, list] })) {
      ended.add(log.topics[2] ?? "");
    }
  }
  return ended;
}

/** Of these jobs those that are over. */
export async function endedJobs(chain: Chain, state: MarketState, jobIds: readonly string[]): Promise<Set<string>> {
  const jobs = await findJobs(chain, state, jobIds);
  return new Set([...jobs.values()].filter(isFinished).map(({ jobId }) => jobId));
}

/** Keys of all claims of the jobs in memory. */
export function knownKeys(state: MarketState): Set<string> {
  return new Set(
    [...state.jobs.values()].flatMap(({ units, payments, penalties }) =>
      [...units.active(), ...payments, ...penalties].map(({ key }) => key),
    ),
  );
}
