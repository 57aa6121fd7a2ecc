import type { Block, Log } from "ethers";

import { monotonic, systemClock, type Clock } from "../common/clock.ts";
import { UnavailableError } from "../common/errors.ts";
import { silentLogger, type Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import { HeadWatch } from "./head-watch.ts";
import { coveredLogs, logRangeOf, rangedLogs, type LogFilter } from "./ranged-logs.ts";
import { SegmentDigests, type Digest } from "./segment-digests.ts";

/** Takes the effect of one log back; logs are taken back in the reverse of their order. */
type Undo = () => void;

/** What becomes of the logs. */
export interface LogSink {
  /** @returns undefined where the log means nothing */
  apply(log: Log): Undo | undefined;
  /** Forgets everything: it will be read anew. */
  reset(): void;
  /** How many logs that were applied show that others before them are missing. */
  readonly gaps?: number;
}

/** A block that was a head of the chain. */
export interface SeenBlock {
  readonly number: number;
  readonly hash: string;
  /** Seconds of chain time. */
  readonly time: number;
}

/** Where to go on: everything up to this block is in the sink. */
export interface TailStart {
  readonly block: SeenBlock;
  readonly digests: readonly (readonly [segment: number, digest: Digest])[];
}

export interface LogTailOptions {
  readonly chain: Chain;
  readonly filter: LogFilter;
  readonly sink: LogSink;
  /** The first block that can have such logs. */
  readonly first: number;
  readonly start?: TailStart;
  /** Largest block range asked for at once; the endpoint's limit besides. */
  readonly maxRange?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** Heads are remembered for so long; a reorganisation below the oldest of them reads everything anew. */
const REMEMBERED_SECONDS = 30 * 60;
const REMEMBERED_AT_LEAST = 64;
const REMEMBERED_AT_MOST = 1_024;
/** The newest blocks are read again at each look: behind a balancer one node knows a head whose logs another does not have yet. */
const OVERLAP = { seconds: 120, blocks: 32 };
/** More of them now and then: some nodes are minutes behind. */
const WIDE_OVERLAP = { seconds: 900, blocks: 256 };
const WIDE_EVERY_MS = 30_000;
/** While logs are known to be missing they are looked for so often, and for so long before everything is read anew. */
const GAP_EVERY_MS = 2_000;
const GAP_LASTS_MS = 120_000;
/** A part of the whole history is compared with what was read of it. */
const COMPARE_EVERY_MS = 5 * 60_000;

const MAX_LOOKS = 3;

interface AppliedLog {
  readonly log: Log;
  readonly undo: Undo;
}

/**
 * Follows a contract's logs by polling, over endpoints that reorganise, lag, stand still or limit what they answer. One call a look while the
 * head does not move. Memory grows with the logs of the last half hour.
 */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #watch: HeadWatch;
  #digests: SegmentDigests;
  /** What can be taken back: all logs from block `#floor` on. */
  #applied: AppliedLog[] = [];
  #floor: number;
  #seen: SeenBlock[] = [];
  #wideAt: number;
  #comparedAt: number;
  #lateToldAt = -Infinity;
  #gapSince: number | undefined;
  /** First block that is not covered yet. */
  next: number;
  /** Timestamp of the newest covered head. */
  time = 0;

  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#watch = new HeadWatch(options.chain, this.#clock, this.#log);
    const { start } = options;
    this.#digests = new SegmentDigests(start?.digests);
    this.next = start === undefined ? options.first : start.block.number + 1;
    this.#floor = this.next;
    if (start !== undefined) {
      this.#seen.push(start.block);
      this.time = start.block.time;
    }
    this.#wideAt = this.#comparedAt = monotonic(this.#clock);
  }

  /**
   * Brings the sink up to the head.
   * @param upTo a block that is taken for the head, to read a long history in steps: no reorganisation is expected to reach the steps before it
   * @throws whatever the endpoint fails with
   */
  async advance(upTo: number | "latest" = "latest"): Promise<void> {
    // A fork that shows only in the logs is read over; a chain that forks all the time waits for the next look.
    for (let look = 0; look < MAX_LOOKS; look++) if (await this.#look(upTo)) return;
  }

  /** @returns false where what was read did not belong together */
  async #look(upTo: number | "latest"): Promise<boolean> {
    const { chain } = this.#options;
    const head = await chain.provider.getBlock(upTo);
    if (head?.hash === null || head === null) {
      throw new UnavailableError(`the chain at ${chain.network.rpcUrl} shows no block`, {
        hint: "it may still be starting, or lag: use another RPC if this lasts",
      });
    }
    const last = this.#seen.at(-1);
    await this.#watch.look(head, this.next - 1);
    const now = monotonic(this.#clock);
    const isWide = now - this.#wideAt >= (this.#hasGap(now) ? GAP_EVERY_MS : WIDE_EVERY_MS);
    if (last?.hash === head.hash && !isWide) return true;
    if (last !== undefined && (!follows(head, last) || (isWide && head.number > last.number + 1))) {
      await this.#findFork(head.number);
    }
    if (head.number < this.next - 1) return true;
    if (isWide) this.#wideAt = now;
    if (!(await this.#read(head, isWide ? WIDE_OVERLAP : OVERLAP))) return false;
    this.time = head.timestamp;
    if (upTo !== "latest") this.#seen = [];
    this.#remember({ number: head.number, hash: head.hash ?? "", time: head.timestamp });
    if (now - this.#comparedAt < COMPARE_EVERY_MS) return true;
    this.#comparedAt = now;
    await this.#compare();
    return true;
  }

  /**
   * Calls `use` with the sink as of a block that no reorganisation is expected to reach, then brings it back to the newest state.
   * @returns undefined where no such block is known yet
   */
  settled<T>(use: (start: TailStart) => T): T | undefined {
    const block = this.#seen.find(({ number }) => number >= this.#floor);
    if (block === undefined || block.number >= this.next) return undefined;
    const later: AppliedLog[] = [];
    while ((this.#applied.at(-1)?.log.blockNumber ?? -1) > block.number) later.push(this.#takeBack());
    try {
      return use({ block, digests: [...this.#digests.entries()] });
    } finally {
      for (const { log } of later.reverse()) this.#apply(log);
    }
  }

  /** True where the log can still be taken back. */
  isUnsettled(block: number): boolean {
    return block >= this.#floor;
  }

  /** @returns false where what was read does not belong to the head, or does not reach it */
  async #read(head: Block, overlap: typeof OVERLAP): Promise<boolean> {
    const { chain, filter, maxRange } = this.#options;
    const start = this.#startOf(head, overlap);
    let changed = false;
    for await (const part of coveredLogs(chain, filter, start, head.number, maxRange)) {
      if (await this.#forked(part.logs, part.from, part.to, head.number)) return false;
      changed = this.#take(part.logs, part.from) || changed;
      this.next = Math.max(this.next, part.to + 1);
    }
    if (this.next <= head.number) return false;
    if (!changed) return true;
    // The logs belong to the head only if it is still the head's chain that answers.
    const now = await this.#blockAt(head.number);
    if (now?.hash === head.hash) return true;
    if (now !== undefined) this.#rewind(start - 1);
    return false;
  }

  /** Asks again a node that does not have the block: that proves nothing. */
  async #blockAt(number: number): Promise<Block | undefined> {
    for (let ask = 0; ask < MAX_LOOKS; ask++) {
      const block = await this.#options.chain.provider.getBlock(number);
      if (block !== null) return block;
    }
    return undefined;
  }

  /**
   * Where to begin: the newest covered blocks are read again, as many as the calls that are needed anyway have room for, and by one more call where that
   * is next to nothing.
   */
  #startOf(head: Block, overlap: typeof OVERLAP): number {
    const sinceTime = this.#seen.find(({ time }) => time >= head.timestamp - overlap.seconds)?.number ?? this.next;
    const wanted = Math.max(this.#floor, Math.min(sinceTime, this.next - overlap.blocks));
    if (overlap === WIDE_OVERLAP) return wanted;
    const range = Math.min(logRangeOf(this.#options.chain), this.#options.maxRange ?? Infinity);
    const needed = Math.max(1, Math.ceil((head.number - this.next + 1) / range));
    const inCalls = head.number - needed * range + 1;
    const least = Math.min(overlap.blocks, Math.floor(range / 2));
    return Math.max(wanted, this.next - inCalls < least ? inCalls - range : inCalls);
  }

  /** True while the sink misses logs; where that lasts, everything is read anew. */
  #hasGap(now: number): boolean {
    if ((this.#options.sink.gaps ?? 0) === 0) {
      this.#gapSince = undefined;
      return false;
    }
    this.#gapSince ??= now;
    if (now - this.#gapSince < GAP_LASTS_MS) return true;
    this.#gapSince = undefined;
    this.#log.warn({ block: this.next - 1 }, "the RPC still leaves out logs that others need; reading everything anew");
    this.#startAnew();
    return true;
  }

  /** True where applied logs are gone because their blocks are: the sink was taken back to the fork then. */
  async #forked(logs: readonly Log[], from: number, to: number, head: number): Promise<boolean> {
    const ids = new Set(logs.map(idOf));
    const isGone = ({ log }: AppliedLog): boolean =>
      log.blockNumber >= from && log.blockNumber <= to && !ids.has(idOf(log));
    const gone = this.#applied.find(isGone);
    if (gone === undefined) return false;
    const { number, hash } = { number: gone.log.blockNumber, hash: gone.log.blockHash };
    const now = await this.#options.chain.provider.getBlock(number);
    // A node that lags leaves out logs, which proves nothing.
    if (now === null || now.hash === hash) return false;
    await this.#findFork(head);
    this.#rewind(Math.min(this.next - 1, number - 1));
    return true;
  }

  /** Applies the logs from block `from` on that are not known yet; one that was missed earlier takes back all that follow it. */
  #take(logs: readonly Log[], from: number): boolean {
    const known = new Set<string>();
    for (let i = this.#applied.length - 1; i >= 0; i--) {
      const { log } = this.#applied[i] as AppliedLog;
      if (log.blockNumber < from) break;
      known.add(idOf(log));
    }
    const fresh = logs.filter((log) => !known.has(idOf(log)));
    if (fresh.length === 0) return false;
    const late = fresh.filter((log) => log.blockNumber < this.next);
    const [missed] = late;
    if (missed === undefined) {
      for (const log of fresh) this.#apply(log);
      return true;
    }
    this.#tellLate(missed.blockNumber);
    // Logs that this part does not reach are applied again from what is known of them.
    const after = this.#applied.filter(({ log }) => log.blockNumber >= missed.blockNumber).map(({ log }) => log);
    while ((this.#applied.at(-1)?.log.blockNumber ?? -1) >= missed.blockNumber) this.#takeBack();
    const all = new Map([...after, ...fresh].map((log) => [idOf(log), log]));
    const inOrder = [...all.values()].sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    for (const log of inOrder) this.#apply(log);
    return true;
  }

  #tellLate(block: number): void {
    const now = monotonic(this.#clock);
    if (now - this.#lateToldAt < 60_000) return;
    this.#lateToldAt = now;
    this.#log.warn(
      { block, behind: this.next - 1 - block },
      "the RPC left out logs that it shows now: one of its nodes lags, or it mixes several",
    );
  }

  #apply(log: Log): void {
    const undo = this.#options.sink.apply(log);
    this.#digests.toggle(log, 1);
    this.#applied.push({ log, undo: undo ?? nothing });
  }

  #takeBack(): AppliedLog {
    const last = this.#applied.pop() as AppliedLog;
    last.undo();
    this.#digests.toggle(last.log, -1);
    return last;
  }

  #rewind(toBlock: number): void {
    while ((this.#applied.at(-1)?.log.blockNumber ?? -1) > toBlock) this.#takeBack();
    this.#seen = this.#seen.filter((block) => block.number <= toBlock);
    this.next = Math.max(this.#options.first, toBlock + 1);
  }

  #remember(head: SeenBlock): void {
    const last = this.#seen.at(-1);
    if (last?.number === head.number) this.#seen.pop();
    this.#seen.push(head);
    const isOld = (): boolean => (this.#seen[0]?.time ?? Infinity) < head.time - REMEMBERED_SECONDS;
    while (this.#seen.length > REMEMBERED_AT_LEAST && isOld()) this.#seen.shift();
    // Old heads may lie further apart than new ones.
    if (this.#seen.length > REMEMBERED_AT_MOST) {
      this.#seen = this.#seen.filter((_, i) => i % 2 === 0 || i > REMEMBERED_AT_MOST / 2);
    }
    // A rewind goes to a remembered head at the deepest, or to a log that was missed.
    const deepest = Math.min(this.#seen[0]?.number ?? 0, this.next - WIDE_OVERLAP.blocks);
    this.#floor = Math.max(this.#floor, deepest);
    if ((this.#applied[0]?.log.blockNumber ?? this.#floor) >= this.#floor) return;
    const keep = this.#applied.findIndex(({ log }) => log.blockNumber >= this.#floor);
    this.#applied = keep < 0 ? [] : this.#applied.slice(keep);
  }

  /** Goes back to the newest remembered head that the chain still has. */
  async #findFork(head: number): Promise<void> {
    const { provider } = this.#options.chain;
    for (const block of this.#seen.toReversed()) {
      const now = await provider.getBlock(block.number);
      // A node that lags does not know the block yet, which proves nothing; an older one that it knows may.
      if (now === null || block.number > head) continue;
      if (now.hash !== block.hash) continue;
      if (this.#seen.some(({ number }) => number > block.number && number <= head)) this.#rewind(block.number);
      return;
    }
    if (this.#seen.every(({ number }) => number > head)) return;
    await this.#watch.isOther();
    this.#startAnew();
  }

  #startAnew(): void {
    this.#options.sink.reset();
    this.#digests = new SegmentDigests();
    this.#applied = [];
    this.#seen = [];
    this.#floor = this.#options.first;
    this.next = this.#options.first;
  }

  /** Reads a part of the history once more; where it differs from what was read, twice in a row, everything is read anew. */
  async #compare(): Promise<void> {
    const { chain, filter, first, maxRange } = this.#options;
    const range = this.#digests.choose(first, this.#floor);
    if (range === undefined) return;
    for (let look = 0; look < 2; look++) {
      const found = new SegmentDigests();
      for await (const { logs } of rangedLogs(chain, filter, range.from, range.to, maxRange)) {
        for (const log of logs) found.toggle(log, 1);
      }
      if (this.#digests.equalIn(found, range.segment)) return;
    }
    this.#log.warn(range, "blocks of long ago have other logs than were read then; reading everything anew");
    this.#startAnew();
  }
}

const nothing: Undo = () => undefined;

function follows(head: Block, last: SeenBlock): boolean {
  if (head.hash === last.hash) return true;
  if (head.number <= last.number) return false;
  // A short jump is judged by the logs that are read again: where none of them is gone, a fork in between has changed nothing.
  if (head.number > last.number + 1) return head.number <= last.number + OVERLAP.blocks;
  return head.parentHash === last.hash;
}

function idOf(log: Log): string {
  return `${log.blockHash}:${String(log.index)}`;
}
