import { lagging, LogTail, rangedLogs, reading, SharedLook, topicLists, type Chain } from "../chain/index.ts";
import { UnavailableError } from "../common/index.ts";
import { ClaimEvents } from "./claim-events.ts";
import { DisputeState } from "./dispute-state.ts";
import { judgeEvent, judgeFilter } from "./judge-logs.ts";

/** A claim, and a block before the first demand that can have been made of it. */
export interface WatchedClaim {
  readonly key: string;
  readonly sinceBlock: number;
}

/** The tail begins so far below the head; what lies deeper is asked for once a claim. */
const BEGIN_BELOW = 256;
/** What nobody has asked for during so many looks is forgotten. */
const IDLE_LOOKS = 500;
const MOST_TRIES = 3;

/**
 * Reads what happened before the judge to some claims, again and again. Everybody in a process shares one tail of the judge's logs, so that a look costs the
 * same however many claims there are and however long ago their jobs were posted.
 */
export class DisputeReader {
  readonly #judge: JudgeLog;

  constructor(chain: Chain) {
    const known = judges.get(chain);
    this.#judge = known ?? new JudgeLog(chain);
    if (known === undefined) judges.set(chain, this.#judge);
  }

  /**
   * What happened to these claims until now.
   * @param atLeast block that it must cover, such as that of one's own last transaction
   * @throws UnavailableError when the chain does not answer, lags behind that block, or reorganises so deeply and often that nothing can be read to its end
   */
  async read(claims: readonly WatchedClaim[], atLeast = 0): Promise<DisputeState> {
    return this.#judge.read(claims, atLeast);
  }
}

const judges = new WeakMap<Chain, JudgeLog>();

class JudgeLog {
  readonly #chain: Chain;
  #claims = new Map<string, ClaimEvents>();
  #tail: Promise<LogTail> | undefined;
  readonly #look = new SharedLook(async () => {
    try {
      await (await this.#tailOf()).advance();
    } finally {
      this.#looks++;
    }
  });
  #looks = 0;
  /** Events up to this block may have been forgotten, or were never read. */
  #forgotten = -1;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  async read(claims: readonly WatchedClaim[], atLeast: number): Promise<DisputeState> {
    return reading(this.#chain, async () => {
      if (claims.length === 0) return new DisputeState();
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const tail = await this.#tailOf();
        await this.#look.until(() => tail.next > atLeast);
        const covered = tail.next;
        if (covered <= atLeast) throw lagging(this.#chain, covered - 1, atLeast);
        // Another reader's look may take the tail back while this one asks for what lies below it.
        if (!(await this.#complete(claims, tail)) || tail.next < covered) continue;
        const state = this.#stateOf(claims);
        this.#forget(tail);
        return state;
      }
      throw forking(this.#chain);
    });
  }

  #stateOf(claims: readonly WatchedClaim[]): DisputeState {
    const state = new DisputeState();
    const { market } = this.#chain.network.addresses;
    for (const { key } of claims) {
      const dispute = this.#claims.get(key)?.dispute(market, key);
      if (dispute !== undefined) state.claims.set(`${market}:${key}`, dispute);
    }
    return state;
  }

  async #tailOf(): Promise<LogTail> {
    this.#tail ??= this.#begin();
    try {
      return await this.#tail;
    } catch (error) {
      this.#tail = undefined;
      throw error;
    }
  }

  async #begin(): Promise<LogTail> {
    const { provider, network } = this.#chain;
    const first = Math.max(network.deployBlock, (await provider.getBlockNumber()) - BEGIN_BELOW);
    this.#forgotten = first - 1;
    return new LogTail({
      chain: this.#chain,
      filter: judgeFilter(this.#chain.network),
      first,
      sink: {
        apply: (log) => {
          const event = judgeEvent(log);
          if (event === undefined) return undefined;
          const key = log.topics[2] as string;
          this.#eventsOf(key).add(log, event);
          return () => this.#claims.get(key)?.remove(log);
        },
        reset: () => {
          this.#claims = new Map();
        },
      },
    });
  }

  #eventsOf(key: string): ClaimEvents {
    const known = this.#claims.get(key);
    if (known !== undefined) return known;
    const made = new ClaimEvents();
    made.askedAt = this.#looks;
    this.#claims.set(key, made);
    return made;
  }

  /** Asks for what lies below the tail, once for each claim. @returns false where everything was forgotten meanwhile */
  async #complete(claims: readonly WatchedClaim[], tail: LogTail): Promise<boolean> {
    const missing = claims.filter(({ key, sinceBlock }) => {
      const events = this.#eventsOf(key);
      events.askedAt = this.#looks;
      events.isWhole ||= sinceBlock > this.#forgotten;
      return !events.isWhole;
    });
    return missing.length === 0 || this.#readDeep(missing, tail);
  }

  /** @returns false where everything was forgotten meanwhile */
  async #readDeep(claims: readonly WatchedClaim[], tail: LogTail): Promise<boolean> {
    const first = Math.min(...claims.map(({ sinceBlock }) => sinceBlock));
    const current = this.#claims;
    for (const keys of topicLists(claims.map(({ key }) => key))) {
      const filter = judgeFilter(this.#chain.network, keys);
      for await (const { logs } of rangedLogs(this.#chain, filter, first, this.#forgotten)) {
        for (const log of logs) {
          const event = judgeEvent(log);
          // What can still be taken back is the tail's.
          if (event === undefined || tail.isUnsettled(log.blockNumber)) continue;
          this.#eventsOf(log.topics[2] as string).add(log, event);
        }
      }
    }
    // Everything is read anew after a deep reorganisation.
    if (this.#claims !== current) return false;
    for (const { key } of claims) this.#eventsOf(key).isWhole = true;
    return true;
  }

  #forget(tail: LogTail): void {
    for (const [key, events] of this.#claims) {
      if (this.#looks - events.askedAt < IDLE_LOOKS || tail.isUnsettled(events.newest)) continue;
      this.#forgotten = Math.max(this.#forgotten, events.newest);
      this.#claims.delete(key);
    }
  }
}

function forking({ network }: Chain): UnavailableError {
  return new UnavailableError(
    `the chain at ${network.rpcUrl} reorganised ${String(MOST_TRIES)} times while its disputes were read`,
    { hint: "it usually settles by itself; else use another RPC" },
  );
}
