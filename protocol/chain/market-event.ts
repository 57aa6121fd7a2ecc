import { EventFragment, type Log } from "ethers";

import { contractInterface } from "./artifact.ts";
import type { MarketEvent } from "./market-view.ts";

let fragments: ReadonlyMap<string, EventFragment> | undefined;

/** The event of a log of the market; undefined for one of another contract's making. */
export function decodeMarketEvent(log: Log): MarketEvent | undefined {
  const abi = contractInterface("JobMarket");
  // By topic: ethers hashes every event's signature anew for each log that it parses, which takes most of the time of a long read.
  fragments ??= new Map(
    abi.fragments.filter((one) => EventFragment.isFragment(one)).map((event) => [event.topicHash, event]),
  );
  const event = fragments.get(log.topics[0] ?? "");
  if (event === undefined) return undefined;
  const args: Record<string, unknown> = abi.decodeEventLog(event, log.data, log.topics).toObject();
  return { name: event.name, args, block: log.blockNumber, transaction: log.transactionHash };
}
