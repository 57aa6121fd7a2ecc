import type { Log, TopicFilter } from "ethers";

import { contractInterface, type ContractName } from "./artifact.ts";
import type { Chain } from "./chain.ts";
import { rangedLogs } from "./ranged-logs.ts";
import { reading } from "./reading.ts";

/** Which logs. */
export interface LogQuery {
  readonly address: string;
  readonly topics: TopicFilter;
  /** The block that the network was deployed in when left out. */
  readonly fromBlock?: number;
}

/** Sees how many of the blocks are read, after each part of them but the last. */
export type OnBlocks = (done: number, total: number) => void;

/** All logs of a contract until now, the oldest first, asked for in parts. */
export async function readLogs(chain: Chain, query: LogQuery, onBlocks?: OnBlocks): Promise<Log[]> {
  const { address, topics, fromBlock: first = chain.network.deployBlock } = query;
  return reading(chain, async () => {
    const head = await chain.provider.getBlockNumber();
    const logs: Log[] = [];
    for await (const part of rangedLogs(chain, { address, topics }, first, head)) {
      if (part.from > first) onBlocks?.(part.from - first, head - first + 1);
      for (const log of part.logs) logs.push(log);
    }
    return logs;
  });
}

/** Which events: of this name, by the contract at this address. */
export interface EventQuery {
  readonly contract: ContractName;
  readonly address: string;
  readonly name: string;
}

/** The values of all events of one name until now, the oldest first. */
export async function readEvents(
  chain: Chain,
  { contract, address, name }: EventQuery,
  onBlocks?: OnBlocks,
): Promise<Readonly<Record<string, unknown>>[]> {
  const abi = contractInterface(contract);
  const event = abi.getEvent(name);
  if (event === null) throw new RangeError(`${contract} has no event ${name}`);
  const logs = await readLogs(chain, { address, topics: [event.topicHash] }, onBlocks);
  return logs.map((log) => abi.decodeEventLog(event, log.data, log.topics).toObject());
}
