import { zeroPadValue, type Log } from "ethers";

import { contractInterface, type LogFilter, type MarketEvent, type NetworkFile } from "../chain/index.ts";

/** The judge's logs of the network's market: those of the claims with these keys, of all where none are named. */
export function judgeFilter({ addresses }: NetworkFile, keys?: readonly string[]): Required<LogFilter> {
  const market = zeroPadValue(addresses.market, 32).toLowerCase();
  return { address: addresses.disputes, topics: [null, market, keys === undefined ? null : [...keys]] };
}

/** The event of a log of the judge; undefined for one that its interface does not know. */
export function judgeEvent(log: Log): MarketEvent | undefined {
  const parsed = contractInterface("DisputeManager").parseLog(log);
  if (parsed === null) return undefined;
  const args: Record<string, unknown> = parsed.args.toObject();
  return { name: parsed.name, args, block: log.blockNumber, transaction: log.transactionHash };
}
