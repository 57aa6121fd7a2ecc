import type { Log } from "ethers";

import { UnavailableError } from "../common/errors.ts";
import { contractInterface } from "./artifact.ts";
import type { Chain } from "./chain.ts";
import { chainError } from "./errors.ts";
import { MarketState, type MarketEvent, type Undo } from "./market-view.ts";

export interface MarketFollower {
  /** State as of the last `sync`. Do not keep references to records over a `sync`: a reorganisation takes events back. */
  readonly state: MarketState;
  /** Number of the last block that the state covers. */
  readonly block: number;
  /** Its timestamp: what the chain calls now, whatever this machine's clock says. */
  readonly time: number;
  /**
   * Brings the state up to the head of the chain; takes back what a reorganisation has removed.
   * @param atLeast block that the state must cover, such as that of one's own last transaction
   * @throws UnavailableError when the node does not answer or lags behind that block
   */
  sync(atLeast?: number): Promise<MarketState>;
}

export interface FollowerOptions {
  readonly chain: Chain;
  /** Largest block range asked for at once; providers limit it. */
  readonly maxRange?: number;
  readonly onEvent?: (event: MarketEvent) => void;
}

/** How many heads are remembered; a reorganisation below the oldest of them reads everything anew. */
const REMEMBERED = 256;
/** Blocks whose logs are read a second time: behind a balancer one node knows a head whose logs another does not have yet. */
const OVERLAP = 8;

interface SeenBlock {
  readonly number: number;
  readonly hash: string;
}

interface AppliedLog {
  readonly id: string;
  readonly block: number;
  readonly undo: Undo;
}

/** Follows the market through its events, by polling. Memory grows with jobs and touched units, not with time. */
export function createMarketFollower(options: FollowerOptions): MarketFollower {
  const { chain } = options;
  const reader = new LogReader(options);
  let running: Promise<void> | undefined;
  const advance = (): Promise<void> => {
    running ??= reader.advance().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    get state() {
      return reader.state;
    },
    get block() {
      return reader.next - 1;
    },
    get time() {
      return reader.time;
    },
    async sync(atLeast = 0) {
      try {
        const shared = running !== undefined;
        await advance();
        if (shared && reader.next <= atLeast) await advance();
      } catch (error) {
        throw chainError(error, chain.network.rpcUrl);
      }
      if (reader.next > atLeast) return reader.state;
      throw new UnavailableError(
        `the chain at ${chain.network.rpcUrl} lags: it shows block ${String(reader.next - 1)}, this process has seen ${String(atLeast)}`,
        { hint: "it usually catches up by itself; else use another RPC" },
      );
    },
  };
}

class LogReader {
  readonly #options: FollowerOptions;
  readonly #first: number;
  state = new MarketState();
  /** First block that is not covered yet. */
  next: number;
  time = 0;
  /** What can be taken back: all logs from block `#floor` on. */
  #applied: AppliedLog[] = [];
  #floor: number;
  #seen: SeenBlock[] = [];

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#first = options.chain.network.deployBlock;
    this.next = this.#first;
    this.#floor = this.#first;
  }

  async advance(): Promise<void> {
    const { chain, maxRange = 5_000 } = this.#options;
    await this.#findFork();
    const head = await chain.provider.getBlock("latest");
    if (head === null || head.hash === null || head.number < this.next - 1) return;
    const address = chain.network.addresses.market;
    const start = Math.max(this.#floor, this.next - OVERLAP);
    let changed = false;
    for (let from = start; from <= head.number;) {
      const to = Math.min(head.number, from + maxRange - 1);
      const logs = await chain.provider.getLogs({ address, fromBlock: from, toBlock: to });
      changed = this.#take(logs, from) || changed;
      this.next = Math.max(this.next, to + 1);
      from = to + 1;
    }
    // The logs belong to the head only if it is still the head's chain that answers.
    if (changed && (await chain.provider.getBlock(head.number))?.hash !== head.hash) {
      this.#rewind(start - 1);
      return;
    }
    this.time = head.timestamp;
    this.#remember({ number: head.number, hash: head.hash });
  }

  /** Applies the logs from block `from` on that are not known yet; one that was missed earlier takes back all that follow it. */
  #take(logs: readonly Log[], from: number): boolean {
    const known = new Set<string>();
    for (let i = this.#applied.length - 1; (this.#applied[i]?.block ?? -1) >= from; i--) {
      known.add(this.#applied[i]?.id ?? "");
    }
    const fresh = logs.filter((log) => !known.has(idOf(log)));
    const missed = fresh.find((log) => log.blockNumber < this.next)?.blockNumber;
    if (missed !== undefined) this.#rewind(missed - 1);
    const wanted = missed === undefined ? fresh : logs.filter((log) => log.blockNumber >= missed);
    for (const log of wanted) this.#apply(log);
    return wanted.length > 0;
  }

  #apply(log: Log): void {
    const event = decode(log);
    if (event === undefined) return;
    this.#applied.push({ id: idOf(log), block: log.blockNumber, undo: this.state.apply(event) });
    this.#options.onEvent?.(event);
  }

  #rewind(toBlock: number): void {
    while ((this.#applied.at(-1)?.block ?? -1) > toBlock) this.#applied.pop()?.undo();
    this.#seen = this.#seen.filter((block) => block.number <= toBlock);
    this.next = toBlock + 1;
  }

  #remember(head: SeenBlock): void {
    if (this.#seen.at(-1)?.number !== head.number) this.#seen.push(head);
    if (this.#seen.length > REMEMBERED) this.#seen.shift();
    // A rewind goes to a remembered head at the deepest, or a few blocks back for a log that was missed.
    this.#floor = Math.max(this.#floor, Math.min(this.#seen[0]?.number ?? 0, this.next - OVERLAP));
    if ((this.#applied[0]?.block ?? this.#floor) >= this.#floor) return;
    const keep = this.#applied.findIndex(({ block }) => block >= this.#floor);
    this.#applied = keep < 0 ? [] : this.#applied.slice(keep);
  }

  /** Goes back to the newest remembered head that the chain still has. */
  async #findFork(): Promise<void> {
    const { provider } = this.#options.chain;
    for (const block of this.#seen.toReversed()) {
      const now = await provider.getBlock(block.number);
      // A node that lags does not know the block yet: that proves nothing.
      if (now === null) return;
      if (now.hash === block.hash) {
        if (block.number < this.next - 1) this.#rewind(block.number);
        return;
      }
    }
    if (this.#seen.length === 0) return;
    this.state = new MarketState();
    this.#applied = [];
    this.#seen = [];
    this.#floor = this.#first;
    this.next = this.#first;
  }
}

function idOf(log: Log): string {
  return `${log.blockHash}:${String(log.index)}`;
}

function decode(log: Log): MarketEvent | undefined {
  const parsed = contractInterface("JobMarket").parseLog(log);
  if (parsed === null) return undefined;
  const args: Record<string, unknown> = parsed.args.toObject();
  return { name: parsed.name, args, block: log.blockNumber, transaction: log.transactionHash };
}
