import type { TransactionReceipt } from "ethers";

import { callName, flightOf, unknownOutcome, type Flight, type Landing } from "./flight.ts";
import type { FlightWatch } from "./flight-watch.ts";
import type { Call, SenderOptions } from "./sending.ts";
import type { TransactionJournal } from "./transaction-journal.ts";

/** What an earlier life signed is finished within this time of the chain; an older one is left to itself, and its nonce to whoever comes. */
const RESUMED_FOR_SECONDS = 3_600;
/** A call that was signed in an earlier life and mined since is not made again within this time of the chain. */
const ADOPTED_FOR_SECONDS = 86_400;
/** Longest wait for what an earlier life left open before new calls go out behind it. */
const RECOVERY_MS = 45_000;

/** A call of which whoever made it was not told that it was mined. */
interface Adopted {
  readonly nonce: number;
  readonly receipt: TransactionReceipt;
}

/**
 * What earlier lives of this process signed for an account: what is recent is finished, and a call that was made is not made a second time. The same holds for what this life has given up. Such a call
 * stays in the journal, over any number of lives, until somebody asks for it again and is told, or a day has passed.
 */
export class EarlierLife {
  readonly #options: SenderOptions;
  readonly #journal: TransactionJournal;
  readonly #watch: FlightWatch;
  /** By the call's name: repeating them would do them twice. */
  readonly #adopted = new Map<string, Adopted[]>();
  /** Seconds since earlier lives signed them. */
  readonly #ages = new WeakMap<Flight, number>();
  #recovery: Promise<void> | undefined;

  constructor(options: SenderOptions, journal: TransactionJournal, watch: FlightWatch) {
    this.#options = options;
    this.#journal = journal;
    this.#watch = watch;
  }

  /**
   * Settles what was left open, as far as it can be settled soon; once, unless that fails.
   * @throws UnavailableError when the journal cannot be read, and whatever the endpoint fails with
   */
  recovered(): Promise<void> {
    this.#recovery ??= this.#recover().catch((error: unknown) => {
      this.#recovery = undefined;
      throw error;
    });
    return this.#recovery;
  }

  /** The same call, made earlier without anybody having been told of its outcome: its receipt, or while it is open its flight, to be waited for again. */
  async sameAs(call: Call): Promise<TransactionReceipt | Flight | undefined> {
    const name = callName(call);
    const adopted = this.#adopted.get(name)?.shift();
    if (adopted !== undefined) {
      const { receipt, nonce } = adopted;
      this.#options.log.warn(
        { label: call.label, hash: receipt.hash, block: receipt.blockNumber },
        "the same call was sent earlier, and is mined by now: it is not sent a second time",
      );
      // What cannot be struck out is told once more in the next life, and not made a second time there either.
      await this.#settled(nonce).catch(() => undefined);
      return receipt;
    }
    const open = this.#watch.flights.find((flight) => flight.givenUp && callName(flight.call) === name);
    if (open !== undefined) {
      this.#options.log.warn(
        { label: call.label, hash: open.hashes.at(-1) ?? "" },
        "the same call was sent earlier, and its outcome is not known yet: waiting for it instead of sending it again",
      );
      this.#ages.delete(open);
    }
    return open;
  }

  /** Notes what became of a flight of this life or an earlier one. */
  async landed(flight: Flight, landing: Landing): Promise<void> {
    const age = this.#ages.get(flight);
    const isTold = age === undefined && !flight.givenUp;
    if (age !== undefined) {
      const { log } = this.#options;
      const { nonce, call } = flight;
      log.warn({ label: call.label, nonce, outcome: landing.kind }, "an earlier transaction is settled");
    }
    const isDone = landing.kind === "mined" && landing.receipt.status === 1;
    if (isTold || !isDone || (age ?? 0) >= ADOPTED_FOR_SECONDS) return this.#settled(flight.nonce);
    const name = callName(flight.call);
    const adopted = this.#adopted.get(name) ?? [];
    adopted.push({ nonce: flight.nonce, receipt: landing.receipt });
    this.#adopted.set(name, adopted);
  }

  #settled(nonce: number): Promise<void> {
    return this.#journal.settled(this.#options.wallet.address, nonce);
  }

  async #recover(): Promise<void> {
    const { chain, clock, signal } = this.#options;
    const open = (await this.#journal.open()).filter(
      ({ from, chainId }) => from === this.#options.wallet.address && chainId === chain.network.chainId,
    );
    const head = open.length === 0 ? null : await chain.provider.getBlock("latest");
    const resumed: Flight[] = [];
    for (const [nonce, entries] of Map.groupBy(open, (entry) => entry.nonce)) {
      const newest = entries.at(-1);
      if (newest === undefined) continue;
      // Unknown ages count as none: what is forgotten early may be done twice.
      const age = (head?.timestamp ?? 0) - (newest.blockTime ?? Infinity);
      const flight = flightOf(nonce, newest.label, entries);
      this.#ages.set(flight, age);
      const isResumed = age < RESUMED_FOR_SECONDS;
      if (isResumed) resumed.push(flight);
      await this.#watch.resume(flight, isResumed);
    }
    const landed = Promise.allSettled(resumed.map((flight) => flight.landed));
    if (resumed.length > 0) await Promise.race([landed, clock.sleep(RECOVERY_MS, signal)]);
    for (const flight of resumed.filter(({ isOver }) => !isOver)) {
      flight.giveUp(unknownOutcome(flight, "an earlier life of this process sent it, and it is not mined yet"));
    }
  }
}
