import { monotonic, systemClock, type Clock } from "../common/clock.ts";
import { silentLogger, type Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import { readCheckpoint, writeCheckpoint, type CheckpointFile } from "./checkpoint-store.ts";
import { chainError } from "./errors.ts";
import { LogTail, type LogSink } from "./log-tail.ts";
import { encodeCheckpoint } from "./market-checkpoint.ts";
import { decodeMarketEvent } from "./market-event.ts";
import { MarketState, type MarketEvent } from "./market-view.ts";
import { lagging, logRangeOf } from "./ranged-logs.ts";
import { reading } from "./reading.ts";
import { retireJobs } from "./retire-jobs.ts";
import { SharedLook } from "./shared-look.ts";

export interface MarketFollower {
  /** State as of the last `sync`, without the jobs that are retired: `findJobs` has those too. Do not keep references to records over a `sync`: a reorganisation takes events back. */
  readonly state: MarketState;
  /** Number of the last block that the state covers. */
  readonly block: number;
  /** Its timestamp: what the chain calls now, whatever this machine's clock says. */
  readonly time: number;
  /**
   * Brings the state up to the head of the chain; takes back what a reorganisation has removed.
   * @param atLeast block that the state must cover, such as that of one's own last transaction
   * @param maxAgeMs a look that was taken within this time is enough: several services of a process share one
   * @throws UnavailableError when the node does not answer or lags behind that block
   */
  sync(atLeast?: number, maxAgeMs?: number): Promise<MarketState>;
  /** Reads the checkpoint, unless that is done already. @returns the first block that is not covered, and the chain's newest one */
  open(): Promise<{ readonly next: number; readonly head: number }>;
  /** Waits until a checkpoint that is being written lies on disk. */
  end(): Promise<void>;
}

export interface FollowerOptions {
  readonly chain: Chain;
  /** Largest block range asked for at once; providers limit it. */
  readonly maxRange?: number;
  readonly onEvent?: (event: MarketEvent) => void;
  readonly clock?: Clock;
  /** Is told when the chain stands still, goes back or leaves out logs, and when a checkpoint is of no use. */
  readonly log?: Logger;
  /** Where to begin, and where that is written now and then; without it the history is read from the deployment on. */
  readonly checkpoint?: CheckpointFile;
}

/** Old jobs are retired, and a checkpoint is written, so often; at once after a long read. */
const TIDY_EVERY_MS = 10 * 60_000;
const TIDY_AGAIN_MS = 60_000;
/** A read of so many parts of the history, or of so many events, is long. */
const LONG_PARTS = 2;
const LONG_EVENTS = 500;
/** No reorganisation is expected to reach so deep. A long history is read up to there first, so that a checkpoint can be written at once. */
const SETTLED_DEPTH = 256;
const SETTLED_SECONDS = 30 * 60;
/** Parts of a long history that are read at a time: what can be taken back of them takes memory. */
const PARTS_AT_ONCE = 4;

/** A market in which nothing has happened for so long is looked at seldom, so that it takes less than a call a second: a new head takes three. */
const QUIET_AFTER_MS = 60_000;
const QUIET_PAUSE_MS = { sameHead: 1_100, newHead: 3_300 };

/** Follows the market through its events, by polling. Memory grows with unfinished jobs, their touched units and those finished lately, not with time. */
export function createMarketFollower(options: FollowerOptions): MarketFollower {
  return new Follower(options);
}

class Follower implements MarketFollower {
  readonly #options: FollowerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  #state = new MarketState();
  #tail: LogTail | undefined;
  #opening: Promise<LogTail> | undefined;
  /** Number of the head when the checkpoint was read. */
  #head: number | undefined;
  /** True once the head was reached. */
  #isCaughtUp = false;
  readonly #look = new SharedLook(() => this.#read());
  #syncedAt = -Infinity;
  #eventAt: number;
  #quietPauseMs = 0;
  #tidying: Promise<void> | undefined;
  #tidiedAt: number;
  #hasTidied = false;
  /** True while events are taken back and applied again for a checkpoint. */
  #isSettling = false;
  /** Events that were read since the last checkpoint, and the block from which on they were. */
  #fresh = { events: 0, since: 0 };

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#tidiedAt = this.#eventAt = monotonic(this.#clock);
  }

  get state(): MarketState {
    return this.#state;
  }

  get block(): number {
    return (this.#tail?.next ?? this.#options.chain.network.deployBlock) - 1;
  }

  get time(): number {
    return this.#tail?.time ?? 0;
  }

  async sync(atLeast = 0, maxAgeMs = 0): Promise<MarketState> {
    const { chain } = this.#options;
    if (this.block >= atLeast && this.#isEnough(maxAgeMs)) return this.#state;
    const before = this.block;
    try {
      await this.#look.until(() => this.block >= atLeast);
      this.#syncedAt = monotonic(this.#clock);
      this.#quietPauseMs = this.block === before ? QUIET_PAUSE_MS.sameHead : QUIET_PAUSE_MS.newHead;
    } catch (error) {
      throw chainError(error, chain.network.rpcUrl);
    }
    this.#startTidying();
    if (this.block >= atLeast) return this.#state;
    throw lagging(chain, this.block, atLeast);
  }

  /** Whether the last look will do. */
  #isEnough(maxAgeMs: number): boolean {
    const now = monotonic(this.#clock);
    const quiet = now - this.#eventAt < QUIET_AFTER_MS ? 0 : this.#quietPauseMs;
    return now - this.#syncedAt < Math.max(maxAgeMs, quiet);
  }

  async open(): Promise<{ next: number; head: number }> {
    const { chain } = this.#options;
    return reading(chain, async () => {
      const { next } = await this.#opened();
      this.#head = await chain.provider.getBlockNumber();
      return { next, head: this.#head };
    });
  }

  async end(): Promise<void> {
    await this.#tidying;
  }

  async #read(): Promise<void> {
    const tail = await this.#opened();
    if (!this.#isCaughtUp) await this.#readLong(tail);
    await tail.advance();
    this.#isCaughtUp = true;
  }

  /** One read of the checkpoint, whoever asks first; one that fails is made again. */
  async #opened(): Promise<LogTail> {
    if (this.#tail !== undefined) return this.#tail;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    this.#tail = await this.#opening;
    return this.#tail;
  }

  async #open(): Promise<LogTail> {
    const { chain, maxRange, checkpoint, onEvent } = this.#options;
    const kept = checkpoint === undefined ? undefined : await readCheckpoint(chain, checkpoint, this.#log);
    this.#state = kept?.state ?? new MarketState();
    const first = chain.network.deployBlock;
    this.#fresh = { events: 0, since: kept?.start.block.number ?? first };
    return new LogTail({
      chain,
      filter: { address: chain.network.addresses.market },
      sink: this.#sink(first, onEvent),
      first,
      clock: this.#clock,
      log: this.#log,
      ...(kept === undefined ? {} : { start: kept.start }),
      ...(maxRange === undefined ? {} : { maxRange }),
    });
  }

  #sink(first: number, onEvent: FollowerOptions["onEvent"]): LogSink {
    const gaps = (): number => this.#state.gaps;
    return {
      apply: (entry) => {
        const event = decodeMarketEvent(entry);
        if (event === undefined) return undefined;
        const undo = this.#state.apply(event);
        if (this.#isSettling) return undo;
        this.#fresh.events++;
        this.#eventAt = monotonic(this.#clock);
        onEvent?.(event);
        return undo;
      },
      reset: () => {
        this.#state = new MarketState();
        this.#fresh = { events: 0, since: first };
      },
      get gaps() {
        return gaps();
      },
    };
  }

  async #readLong(tail: LogTail): Promise<void> {
    const { chain, checkpoint } = this.#options;
    if (checkpoint === undefined) return;
    const settled = (this.#head ?? (await chain.provider.getBlockNumber())) - SETTLED_DEPTH;
    const step = PARTS_AT_ONCE * logRangeOf(chain);
    if (settled - tail.next < SETTLED_DEPTH) return;
    while (tail.next <= settled) {
      const before = tail.next;
      await tail.advance(Math.min(settled, before + step));
      // A node that lags, or that forks all the time, is read as far as it goes.
      if (tail.next <= before) return;
      await this.#retire(tail);
    }
  }

  /** In the background: nothing waits for it. */
  #startTidying(): void {
    if (this.#tail === undefined || this.#tidying !== undefined || !this.#isTidyingDue()) return;
    this.#tidiedAt = monotonic(this.#clock);
    this.#hasTidied = true;
    this.#tidying = this.#tidy(this.#tail)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.debug({}, `old jobs stay in memory for now: ${reason}`);
      })
      .finally(() => {
        this.#tidying = undefined;
      });
  }

  #isTidyingDue(): boolean {
    const { chain, checkpoint } = this.#options;
    const { events, since } = this.#fresh;
    const elapsed = monotonic(this.#clock) - this.#tidiedAt;
    if (events > 0 && elapsed >= TIDY_EVERY_MS) return true;
    if (checkpoint === undefined || (this.#hasTidied && elapsed < TIDY_AGAIN_MS)) return false;
    return events >= LONG_EVENTS || this.block - since >= LONG_PARTS * logRangeOf(chain) + SETTLED_DEPTH;
  }

  async #retire(tail: LogTail): Promise<void> {
    // Events that are missing may be of any job.
    if (this.#state.gaps > 0) return;
    const newest = { number: tail.next - 1, time: tail.time };
    await retireJobs(this.#options.chain, this.#state, newest, (block) => tail.isUnsettled(block));
  }

  async #tidy(tail: LogTail): Promise<void> {
    const { checkpoint } = this.#options;
    await this.#retire(tail);
    if (checkpoint === undefined) return;
    const kept = this.#settled(tail);
    if (kept === undefined) return;
    this.#fresh = { events: 0, since: kept.block };
    await writeCheckpoint(checkpoint, kept.text, this.#log);
  }

  /** The checkpoint of the newest block that counts as settled; undefined where this process has seen no such block yet. */
  #settled(tail: LogTail): { block: number; text: string } | undefined {
    const { chain } = this.#options;
    const [head, time] = [tail.next - 1, tail.time];
    this.#isSettling = true;
    try {
      return tail.settled((start) => {
        const { block } = start;
        if (head - block.number < SETTLED_DEPTH && time - block.time < SETTLED_SECONDS) return undefined;
        if (this.#state.gaps > 0) return undefined;
        return { block: block.number, text: encodeCheckpoint(chain.network, { start, state: this.#state }) };
      });
    } finally {
      this.#isSettling = false;
    }
  }
}
