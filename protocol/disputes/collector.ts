import { reading, type Chain, type CheckpointFile, type MarketState, type Sender } from "../chain/index.ts";
import { monotonic, type Clock, type Logger } from "../common/index.ts";
import { readNotes, writeNotes, type PrepaidNotes } from "./prepaid-notes.ts";
import { collectPrepayments, type PrepaidClaim, type PrepaymentShare } from "./prepayments.ts";

/** Which claims may hold prepayments for an account. */
export interface PrepaymentSource {
  /** Names its notes. */
  readonly name: string;
  /** Those that the chain tells of, from a block on. */
  readonly find: (chain: Chain, market: MarketState, account: string, fromBlock: number) => Promise<PrepaidClaim[]>;
  /** What is the account's: what it has prepaid itself on claims that fell, or what answers of its claims that stood have earned. */
  readonly share: PrepaymentShare;
  /** Those of claims that are not over, which nobody need have added. */
  readonly active: (market: MarketState, account: string) => PrepaidClaim[];
}

export interface CollectorContext {
  readonly chain: Chain;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where is kept what the next life would otherwise look for in the whole history. */
  readonly notes?: (name: string) => CheckpointFile;
}

/** A claim that is over and of which the chain does not show yet how is looked at again after this time. */
const AGAIN_AFTER_MS = 60_000;
/** Where the node says that the account has never sent anything, it may lag by so many blocks. */
const LAG_BLOCKS = 10_000;
/** Notes are of a block so old that everything up to it has been added, however long its transaction took to be known. */
const NOTED_AFTER_MS = 3_600_000;

/** Brings an account's prepayments home once their claims are over, those of an earlier life of its process included. */
export class PrepaymentCollector {
  readonly #context: CollectorContext;
  readonly #source: PrepaymentSource;
  #file: CheckpointFile | undefined;
  #waiting: Map<string, PrepaidClaim> | undefined;
  /** Before the first look at the chain is done. */
  readonly #early: PrepaidClaim[] = [];
  /** Monotonic time before which the history is not looked at again after that has failed. */
  #beginAt = -Infinity;
  /** Monotonic times before which claims are left alone, by key. */
  readonly #asideUntil = new Map<string, number>();
  /** Of the next notes, and when it was the newest one. */
  #next: { readonly block: PrepaidNotes["block"]; readonly at: number } | undefined;

  /** @param service names the notes: services of one account do not know of each other's claims */
  constructor(context: CollectorContext, source: PrepaymentSource, service: string) {
    this.#context = context;
    this.#source = source;
    this.#file = context.notes?.(`prepayments-${service}-${source.name}-${context.sender.address}`);
  }

  /** Remembers a claim of which a demand was made. */
  add(claim: PrepaidClaim): void {
    const demanded = { ...claim, demanded: true } as const;
    if (this.#waiting === undefined) this.#early.push(demanded);
    else this.#waiting.set(claim.key, demanded);
  }

  /**
   * Collects for every claim that `isActive` denies. One that fails, or of which the chain does not show the end yet, is kept.
   * @returns wei withdrawn
   * @throws what one of them failed with, once all others are seen to
   */
  async collect(market: MarketState, isActive: (key: string) => boolean): Promise<bigint> {
    const waiting = (this.#waiting ??= await this.#beginOnce(market));
    if (waiting === undefined) return 0n;
    for (const claim of this.#early.splice(0)) waiting.set(claim.key, claim);
    const { chain, sender, clock } = this.#context;
    const isAside = (key: string): boolean => (this.#asideUntil.get(key) ?? -Infinity) > monotonic(clock);
    const over = [...waiting.values()].filter(({ key }) => !isActive(key) && !isAside(key));
    const collected = over.length === 0 ? undefined : await collectPrepayments(chain, sender, over, this.#source.share);
    for (const { key } of over) {
      this.#asideUntil.set(key, monotonic(clock) + AGAIN_AFTER_MS);
      if (collected?.finished.has(key) !== true) continue;
      this.#asideUntil.delete(key);
      waiting.delete(key);
    }
    await this.#note(market, waiting);
    if (collected?.failure !== undefined) throw collected.failure;
    return collected?.wei ?? 0n;
  }

  /** Looks for what earlier lives left, unless that has failed just now: it may be a long look. */
  async #beginOnce(market: MarketState): Promise<Map<string, PrepaidClaim> | undefined> {
    const { clock } = this.#context;
    if (monotonic(clock) < this.#beginAt) return undefined;
    this.#beginAt = monotonic(clock) + AGAIN_AFTER_MS;
    return this.#begin(market);
  }

  /** What earlier lives left: noted by them, or later than their notes. */
  async #begin(market: MarketState): Promise<Map<string, PrepaidClaim>> {
    const { chain, sender, log } = this.#context;
    const { address } = sender;
    const notes = this.#file && (await readNotes(chain, address, this.#file, log));
    const head = await this.#newest();
    const from = notes === undefined ? await this.#firstBlock(head?.number ?? 0) : notes.block.number + 1;
    const found = await this.#source.find(chain, market, address, from);
    const waiting = new Map([...(notes?.claims ?? []), ...found].map((claim) => [claim.key, claim]));
    // A long look is not to be had twice because this life ends soon.
    if (head !== undefined) await this.#write(head, market, waiting);
    return waiting;
  }

  /** From which block on there may be anything of an account without notes. */
  async #firstBlock(head: number): Promise<number> {
    const { chain, sender } = this.#context;
    const { deployBlock } = chain.network;
    const sent = await reading(chain, () => chain.provider.getTransactionCount(sender.address, "latest"));
    const isNew = sent === 0;
    if (!isNew) return deployBlock;
    // One wrong answer of a node must not be believed for ever: this life notes nothing.
    this.#file = undefined;
    return Math.max(deployBlock, head - LAG_BLOCKS);
  }

  /** Once in a while notes what is known, for the next life. */
  async #note(market: MarketState, waiting: ReadonlyMap<string, PrepaidClaim>): Promise<void> {
    if (this.#file === undefined) return;
    const now = monotonic(this.#context.clock);
    if (this.#next !== undefined && now - this.#next.at < NOTED_AFTER_MS) return;
    const block = await this.#newest();
    if (this.#next !== undefined) await this.#write(this.#next.block, market, waiting);
    this.#next = block === undefined ? undefined : { block, at: now };
  }

  async #write(
    block: PrepaidNotes["block"],
    market: MarketState,
    waiting: ReadonlyMap<string, PrepaidClaim>,
  ): Promise<void> {
    if (this.#file === undefined) return;
    const { chain, sender, log } = this.#context;
    const active = this.#source.active(market, sender.address);
    const claims = new Map([...active, ...waiting.values()].map((claim) => [claim.key, claim]));
    await writeNotes(chain, sender.address, this.#file, { block, claims: [...claims.values()] }, log);
  }

  async #newest(): Promise<PrepaidNotes["block"] | undefined> {
    const { chain } = this.#context;
    const block = await reading(chain, () => chain.provider.getBlock("latest"));
    const hash = block?.hash ?? undefined;
    return block === null || hash === undefined ? undefined : { number: block.number, hash };
  }
}
