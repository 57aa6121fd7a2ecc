import { monotonic } from "../common/clock.ts";
import { broadcast } from "./broadcast.ts";
import { bumpedFees, feeLimit, readFeeMarket, type FeeMarket, type Fees } from "./fees.ts";
import { callName, callOf, Flight, flightOf, unknownOutcome, type Landing, type Payload } from "./flight.ts";
import type { SenderOptions } from "./sending.ts";
import { transactionAtNonce } from "./transaction-at-nonce.ts";

export interface FlightWatchHooks {
  /** Signs the flight anew with other fees, and notes it. */
  readonly sign: (flight: Flight, fees: Fees, market: FeeMarket) => Promise<void>;
  /** Notes that the newest variant was refused, so that no later life sends it by itself. */
  readonly refused: (flight: Flight) => Promise<void>;
  /** It is known what was mined at the flight's nonce. */
  readonly landed: (flight: Flight, landing: Landing) => Promise<void>;
}

const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 1_000;
const STUCK_AFTER_MS = 45_000;
const UNKNOWN_AFTER_MS = 90_000;
const MAX_BUMPS = 12;
const TRANSFER_GAS = 21_000n;
/** Blocks, its own included, that another transaction at the nonce must have before ours is taken to be out of the race. */
const REPLACED_DEPTH = 3;
/** Blocks of a local chain come only with transactions, and none of them goes away by itself. */
const LOCAL_CHAIN_IDS = new Set([31_337, 1_337]);
/** Looks at a used nonce without a receipt before its block is searched for. */
const LOOKS_BEFORE_SEARCH = 2;
/** Receipts are looked for at each such look also where the endpoint's count says that nothing is mined. */
const DEEP_LOOK = 8;
const REBROADCAST_MS = 2_000;

/** One poller for all transactions of an account that are in flight. */
export class FlightWatch {
  readonly #options: SenderOptions;
  readonly #hooks: FlightWatchHooks;
  readonly #flights = new Map<number, Flight>();
  /** What may have been taken by somebody and is sent no more by itself: whoever repeats the call goes on with it, any other call may take its nonce. */
  readonly #aside = new Map<number, Flight>();
  #running = false;
  #looks = 0;
  #floor = 0;
  #failure: unknown;
  #newest: { readonly hash: string; readonly block: number } | undefined;
  lastBlock = 0;

  constructor(options: SenderOptions, hooks: FlightWatchHooks) {
    this.#options = options;
    this.#hooks = hooks;
  }

  get flights(): Flight[] {
    return [...this.#flights.values()].sort((a, b) => a.nonce - b.nonce);
  }

  /** Flights that somebody waits for. */
  get size(): number {
    return this.flights.filter(({ givenUp }) => !givenUp).length;
  }

  /** True while somebody waits for something in flight. */
  get isBusy(): boolean {
    return this.flights.some(({ givenUp }) => !givenUp);
  }

  /** The first nonce above all that this sender has used. */
  get nextNonce(): number {
    return Math.max(this.#floor, ...[...this.#flights.keys()].map((nonce) => nonce + 1));
  }

  /**
   * The nonce of the next transaction, where the endpoint says that it is `pending`: a higher one where the endpoint only lags behind what this
   * sender has seen mined, but not where a reorganisation has taken that away.
   */
  async nonceAfter(pending: number): Promise<number> {
    // A hole that a refusal has left holds up all that is signed behind it.
    if (this.#aside.has(pending) && !this.#flights.has(pending) && pending >= this.#floor) return pending;
    if (pending >= this.nextNonce || this.#flights.size > 0 || this.#newest === undefined) {
      return Math.max(pending, this.nextNonce);
    }
    const { provider } = this.#options.chain;
    const [head, receipt] = await Promise.all([
      provider.getBlockNumber(),
      provider.getTransactionReceipt(this.#newest.hash),
    ]);
    if (receipt === null && head >= this.#newest.block) this.#floor = pending;
    return Math.max(pending, this.nextNonce);
  }

  add(flight: Flight): void {
    this.#flights.set(flight.nonce, flight);
    if (!this.#running) void this.#run();
  }

  /** Has a flight that takes the nonce of what is aside look for that as well: one of the two at most can be mined. */
  inherit(flight: Flight): void {
    flight.variants.unshift(...(this.#aside.get(flight.nonce)?.variants ?? []));
  }

  /** Takes up again what is aside, for whoever repeats one of its calls. */
  takeUp(name: string, label: string): Flight | undefined {
    const aside = [...this.#aside.values()].find((one) => one.names.includes(name) && !this.#flights.has(one.nonce));
    if (aside === undefined) return undefined;
    const [others, same] = [false, true].map((isSame) =>
      aside.variants.filter(({ raw }) => (callName(callOf(raw)) === name) === isSame),
    );
    const flight = flightOf(aside.nonce, label, [...(others ?? []), ...(same ?? [])]);
    this.#sentBefore(flight);
    // Where the endpoint refused it plainly before, it may do so again.
    flight.isSent = !aside.isRefused;
    flight.givenUp = true;
    flight.isRefused = aside.isRefused;
    return flight;
  }

  /** Sends the newest variant once; one that is refused plainly is laid aside. */
  async broadcast(flight: Flight): Promise<void> {
    const refusal = await broadcast(this.#options, flight);
    if (refusal === undefined) return;
    try {
      await this.#hooks.refused(flight);
    } catch {
      // What the next life would send is not over.
      return;
    }
    this.#layAside(flight);
    flight.refuse(refusal);
  }

  /** Sends what was refused before as it is, for whoever repeats the call. */
  async isRefusedAgain(flight: Flight): Promise<boolean> {
    return (await broadcast(this.#options, flight)) !== undefined;
  }

  #layAside(flight: Flight): void {
    this.#flights.delete(flight.nonce);
    this.#aside.set(flight.nonce, flight);
  }

  /** Watches what an earlier life signed and sends it again. @returns false where its nonce is taken already: then only one of the two can be mined */
  resume(flight: Flight): boolean {
    if (this.#flights.has(flight.nonce) || flight.nonce < this.#floor) return false;
    this.#sentBefore(flight);
    this.add(flight);
    return true;
  }

  /**
   * Looks what became of what an earlier life signed long ago, or was refused, without sending it again. Where its nonce is used and nothing shows by what, it
   * stays among the flights, given up; where it is not used, it is laid aside.
   * @throws whatever the endpoint fails with
   */
  async lookBack(flight: Flight): Promise<void> {
    const mined = await this.#minedCount();
    const other = this.#flights.get(flight.nonce);
    if (other !== undefined) {
      other.variants.unshift(...flight.variants);
      return;
    }
    if (mined <= flight.nonce) {
      this.#aside.set(flight.nonce, flight);
      return;
    }
    this.#sentBefore(flight);
    // The search for its block is not put off.
    flight.usedLooks = LOOKS_BEFORE_SEARCH;
    await this.#look(flight, mined);
    if (flight.isOver) return;
    flight.giveUp(unknownOutcome(flight, "its nonce is used, and the RPC does not show by what"));
    this.#flights.set(flight.nonce, flight);
  }

  #sentBefore(flight: Flight): void {
    const now = monotonic(this.#options.clock);
    flight.isSent = true;
    [flight.signedAt, flight.newsAt, flight.sentAt] = [now, now, -Infinity];
  }

  /** Goes on with a flight that was given up. */
  revive(flight: Flight): void {
    flight.revive(monotonic(this.#options.clock));
    this.add(flight);
  }

  /** Resolves when all that is in flight now has an outcome, or nobody waits for it. */
  async whenLanded(): Promise<void> {
    await Promise.allSettled(this.flights.filter(({ givenUp }) => !givenUp).map(({ landed }) => landed));
  }

  async #run(): Promise<void> {
    const { clock, signal, pollMs = FIRST_POLL_MS } = this.#options;
    this.#running = true;
    let pause = pollMs;
    const isStopped = (): boolean => signal?.aborted === true;
    while (this.isBusy && !isStopped()) {
      const before = this.#flights.size;
      await clock.sleep(pause, signal);
      if (isStopped()) break;
      try {
        await this.#round();
        this.#failure = undefined;
      } catch (error) {
        // An endpoint that fails says nothing about what is in flight.
        this.#failure = error;
      }
      this.#giveUpHopeless();
      pause = this.#flights.size < before ? pollMs : Math.min(Math.max(pollMs, LONGEST_POLL_MS), pause * 1.25);
    }
    this.#running = false;
  }

  async #minedCount(): Promise<number> {
    const { chain, wallet } = this.#options;
    return chain.provider.getTransactionCount(wallet.address, "latest");
  }

  async #round(): Promise<void> {
    const deep = this.#looks++ % DEEP_LOOK === DEEP_LOOK - 1;
    const mined = await this.#minedCount();
    const now = monotonic(this.#options.clock);
    const looks = await Promise.allSettled(
      this.flights.filter(({ nonce }) => nonce < mined || deep).map((flight) => this.#look(flight, mined)),
    );
    const [first, ...behind] = this.flights.filter(({ nonce }) => nonce >= mined);
    for (const flight of [first, ...behind]) if (flight?.unsure === false) flight.newsAt = now;
    if (first !== undefined) await this.#push(first, mined);
    for (const flight of this.flights) {
      const patience = REBROADCAST_MS * 2 ** Math.min(flight.rebroadcasts, 4);
      // A node may drop what it has taken, too; then everything behind it waits.
      const due = flight.unsure ? patience : flight === first ? 8 * patience : Infinity;
      if (flight.nonce < mined || now - flight.sentAt < due) continue;
      flight.rebroadcasts++;
      await this.broadcast(flight);
    }
    for (const flight of this.flights) if (flight.isOver) this.#flights.delete(flight.nonce);
    const failed = looks.find((look) => look.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Looks for the receipt of a flight, and for another transaction at its nonce where that is used. */
  async #look(flight: Flight, mined: number): Promise<void> {
    const { provider } = this.#options.chain;
    const receipts = await Promise.all(flight.hashes.map((hash) => provider.getTransactionReceipt(hash)));
    const receipt = receipts.find((found) => found !== null);
    if (receipt !== undefined) {
      this.lastBlock = Math.max(this.lastBlock, receipt.blockNumber);
      this.#newest = { hash: receipt.hash, block: receipt.blockNumber };
      return this.#land(flight, { kind: "mined", receipt });
    }
    if (mined <= flight.nonce) return;
    if (flight.usedLooks++ === 0) flight.newsAt = monotonic(this.#options.clock);
    if (flight.usedLooks <= LOOKS_BEFORE_SEARCH || flight.seenMined) return;
    const { chain, wallet, log } = this.#options;
    const used = await transactionAtNonce(provider, wallet.address, flight.nonce);
    if (used === undefined) return;
    const { label } = flight.call;
    if (flight.hashes.includes(used.hash)) {
      flight.seenMined = true;
      log.debug({ label, hash: used.hash }, "the transaction is in a block; its receipt is missing");
    } else if (LOCAL_CHAIN_IDS.has(chain.network.chainId) || used.depth >= REPLACED_DEPTH) {
      await this.#land(flight, { kind: "replaced", hash: used.hash });
    }
  }

  async #land(flight: Flight, landing: Landing): Promise<void> {
    this.#flights.delete(flight.nonce);
    this.#aside.delete(flight.nonce);
    this.#floor = Math.max(this.#floor, flight.nonce + 1);
    // Before whoever waits goes on: the same call may come at once.
    const noted = this.#hooks.landed(flight, landing);
    flight.land(landing);
    // A journal that cannot be written keeps the entry; the next start settles it again.
    await noted.catch(() => undefined);
  }

  /** Gets the first flight going again when it is stuck: everything behind it waits. */
  async #push(flight: Flight, mined: number): Promise<void> {
    const { clock, chain, log, stuckAfterMs = STUCK_AFTER_MS } = this.#options;
    if (monotonic(clock) - flight.signedAt < stuckAfterMs) return;
    if (flight.bumps >= MAX_BUMPS) {
      if (!flight.givenUp) {
        const why = `it was not mined after ${String(MAX_BUMPS)} gas price increases`;
        flight.giveUp(unknownOutcome(flight, why, this.#failure));
      }
      return;
    }
    flight.bumps++;
    const { label } = flight.call;
    const market = await readFeeMarket(chain.provider);
    const fees = bumpedFees(flight.fees, market, feeLimit(this.#options));
    if (fees === undefined) {
      log.warn({ label, bump: flight.bumps }, "the transaction is stuck, and its gas price is at the limit");
      flight.signedAt = monotonic(clock);
    } else {
      log.warn({ label, bump: flight.bumps }, "the transaction is stuck; raising its gas price");
      await this.#hooks.sign(flight, fees, market);
      await this.#clearTheWay(flight, mined, fees, market);
    }
    await this.broadcast(flight);
  }

  /**
   * Replaces what an earlier life of this process left stuck at lower nonces by empty transfers: nothing behind it could ever be mined.
   * What it was meant to do is done again by whoever still wants it.
   */
  async #clearTheWay(behind: Flight, mined: number, fees: Fees, market: FeeMarket): Promise<void> {
    const { wallet, log } = this.#options;
    const to = wallet.address;
    for (let nonce = mined; nonce < behind.nonce; nonce++) {
      if (this.#flights.has(nonce)) continue;
      const payload: Payload = { to, data: "0x", value: 0n, gasLimit: TRANSFER_GAS };
      const empty = new Flight(nonce, { to, data: "0x", label: "empty" }, payload, fees);
      log.warn({ nonce }, "an older transaction blocks the account; replacing it by an empty one");
      await this.#hooks.sign(empty, fees, market);
      this.#aside.get(nonce)?.variants.push(...empty.variants);
      await broadcast(this.#options, empty);
    }
  }

  /** Tells those whose transaction has shown no sign of life for too long that nothing is known of it. */
  #giveUpHopeless(): void {
    const { clock, unknownAfterMs = UNKNOWN_AFTER_MS } = this.#options;
    const now = monotonic(clock);
    for (const flight of this.flights) {
      const hopeless = flight.unsure || flight.usedLooks > 0 || this.#failure !== undefined;
      if (!hopeless || flight.givenUp || now - flight.newsAt < unknownAfterMs) continue;
      const why = flight.seenMined
        ? "it is in a block, and the RPC shows no receipt"
        : flight.usedLooks > 0
          ? "its nonce is used, and the RPC does not show by what"
          : "the RPC gives no clear answer";
      flight.giveUp(unknownOutcome(flight, why, this.#failure));
    }
  }
}
