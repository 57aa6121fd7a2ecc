import { id, Log } from "ethers";

import { contractInterface, type Chain } from "@orion/protocol/chain";

import { accountAt } from "./network/test-network.ts";

export const MARKET = accountAt(10).address;
export const JUDGE = accountAt(11).address;
export const CHAIN_ID = 1;

/** What is asked of `eth_getLogs`. */
export interface LogFilter {
  readonly address: string;
  readonly topics: readonly (string | readonly string[] | null)[];
  readonly fromBlock: number;
  readonly toBlock: number;
}

/** A chain of which only logs and blocks can be had; a block comes every twelve seconds. */
export class LogChain {
  readonly chain: Chain;
  /** Everything that was asked, in order. */
  readonly asked: LogFilter[] = [];
  /** Number of the newest block. */
  head: number;
  /** Transactions that every account has sent. */
  sent = 1;
  /** Another chain has other blocks. */
  name = "";
  readonly #logs: Log[] = [];
  readonly #provider: unknown;

  /** @param more what else the chain has: contracts, or more of the network file */
  constructor(head: number, more: { readonly network?: object; readonly contracts?: object } = {}) {
    this.head = head;
    this.#provider = {
      getBlockNumber: () => Promise.resolve(this.head),
      getTransactionCount: () => Promise.resolve(this.sent),
      getBlock: (which: number | "latest") => {
        const number = which === "latest" ? this.head : which;
        return Promise.resolve({ number, timestamp: timeOf(number), hash: id(`${this.name}${String(number)}`) });
      },
      getLogs: (filter: LogFilter) => {
        this.asked.push(filter);
        return Promise.resolve(this.#logs.filter((log) => fits(log, filter)));
      },
    };
    this.chain = {
      network: {
        ...{ chainId: CHAIN_ID, deployBlock: 0, rpcUrl: "http://127.0.0.1:1" },
        ...{ addresses: { market: MARKET, disputes: JUDGE }, ...more.network },
      },
      provider: this.#provider,
      contracts: more.contracts,
    } as unknown as Chain;
  }

  emit(contract: "JobMarket" | "DisputeManager", name: string, blockNumber: number, args: unknown[]): void {
    const { topics, data } = contractInterface(contract).encodeEventLog(name, args);
    const address = contract === "JobMarket" ? MARKET : JUDGE;
    const place = { blockNumber, blockHash: id(String(blockNumber)), transactionHash: id(name), transactionIndex: 0 };
    const log = { ...place, address, topics, data, index: this.#logs.length, removed: false };
    this.#logs.push(new Log(log, this.#provider as never));
  }
}

/** Seconds of chain time. */
export function timeOf(block: number): number {
  return 12 * block;
}

function fits(log: Log, { address, topics, fromBlock, toBlock }: LogFilter): boolean {
  return (
    log.address === address &&
    log.blockNumber >= fromBlock &&
    log.blockNumber <= toBlock &&
    topics.every((topic, i) => topic === null || [topic].flat().includes(log.topics[i] ?? ""))
  );
}
