import type { Log } from "ethers";

import { contractInterface } from "./artifact.ts";
import type { Chain } from "./chain.ts";
import { chainError } from "./errors.ts";
import { MarketState, type MarketEvent } from "./market-view.ts";

export interface MarketFollower {
  /** State as of the last `sync`. Do not keep references to records over a `sync`: a reorganisation replaces them. */
  readonly state: MarketState;
  /** Number of the last block that the state covers. */
  readonly block: number;
  /** Brings the state up to the head of the chain; undoes blocks that a reorganisation has removed. */
  sync(): Promise<MarketState>;
}

export interface FollowerOptions {
  readonly chain: Chain;
  /** Largest block range asked for at once; providers limit it. */
  readonly maxRange?: number;
  readonly onEvent?: (event: MarketEvent) => void;
}

/** How many recent block hashes are kept; a deeper reorganisation reads everything anew. */
const REMEMBERED = 128;

interface SeenBlock {
  readonly number: number;
  readonly hash: string;
}

export function createMarketFollower(options: FollowerOptions): MarketFollower {
  const { chain, maxRange = 5_000 } = options;
  const first = chain.network.deployBlock;
  let state = new MarketState();
  let events: MarketEvent[] = [];
  let seen: SeenBlock[] = [];
  let next = first;

  const rewind = (toBlock: number): void => {
    events = events.filter((event) => event.block <= toBlock);
    seen = seen.filter((block) => block.number <= toBlock);
    state = new MarketState();
    for (const event of events) state.apply(event);
    next = toBlock + 1;
  };

  const findFork = async (): Promise<void> => {
    for (let i = seen.length - 1; i >= 0; i--) {
      const block = seen[i] as SeenBlock;
      const now = await chain.provider.getBlock(block.number);
      if (now?.hash === block.hash) {
        if (i < seen.length - 1) rewind(block.number);
        return;
      }
    }
    if (seen.length > 0) rewind(first - 1);
  };

  const advance = async (): Promise<void> => {
    await findFork();
    const head = await chain.provider.getBlock("latest");
    if (head === null || head.number < next) return;
    while (next <= head.number) {
      const last = Math.min(head.number, next + maxRange - 1);
      const logs = await chain.provider.getLogs({ address: chain.network.addresses.market, fromBlock: next, toBlock: last });
      for (const log of logs) {
        const event = decode(log);
        if (event === undefined) continue;
        events.push(event);
        state.apply(event);
        options.onEvent?.(event);
      }
      next = last + 1;
    }
    if (head.hash !== null) seen = [...seen.slice(1 - REMEMBERED), { number: head.number, hash: head.hash }];
  };

  let running: Promise<MarketState> | undefined;
  return {
    get state() {
      return state;
    },
    get block() {
      return next - 1;
    },
    sync() {
      running ??= advance()
        .then(
          () => state,
          (error: unknown) => {
            throw chainError(error, chain.network.rpcUrl);
          },
        )
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

function decode(log: Log): MarketEvent | undefined {
  const parsed = contractInterface("JobMarket").parseLog(log);
  if (parsed === null) return undefined;
  const args: Record<string, unknown> = parsed.args.toObject();
  return { name: parsed.name, args, block: log.blockNumber, transaction: log.transactionHash };
}
