import type { TransactionReceipt } from "ethers";

import { monotonic } from "../common/clock.ts";
import { AlreadySentError } from "../common/errors.ts";
import { callName, Flight, flightOf, unknownOutcome, type Landing } from "./flight.ts";
import type { FlightWatch } from "./flight-watch.ts";
import type { Call, SenderOptions } from "./sending.ts";
import type { TransactionJournal } from "./transaction-journal.ts";

/** What an earlier life signed is finished within this time of the chain; an older one is left to whoever repeats its call, and its nonce to whoever comes. */
const RESUMED_FOR_SECONDS = 3_600;
/** A call that was signed in an earlier life and mined since is not made again within this time. */
const ADOPTED_FOR_SECONDS = 86_400;
/** Longest wait for what an earlier life left open before new calls go out behind it. */
const RECOVERY_MS = 45_000;

/** A call of which whoever made it was not told that it was mined. */
interface Adopted {
  readonly flight: Flight;
  readonly receipt: TransactionReceipt;
  /** Seconds since it was signed, and the monotonic time at which it was so old. */
  readonly age: number;
  readonly at: number;
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
  /** Nonces of the journal that were dealt with. */
  readonly #learned = new Set<number>();
  readonly #resumed: Flight[] = [];
  #known: Promise<void> | undefined;
  #recovery: Promise<void> | undefined;
  /** What was left open is settled, as far as it can be settled soon. */
  isRecovered = false;

  constructor(options: SenderOptions, journal: TransactionJournal, watch: FlightWatch) {
    this.#options = options;
    this.#journal = journal;
    this.#watch = watch;
  }

  /**
   * Resolves when all that was left open is watched, so that no nonce of it is taken; once, unless that fails.
   * @throws UnavailableError when the journal cannot be read, and whatever the endpoint fails with
   */
  known(): Promise<void> {
    this.#known ??= this.#learn().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  /** Settles what was left open, as far as it can be settled soon; once, unless that fails. @throws as `known` */
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
    const adopted = await this.#take(name);
    if (adopted !== undefined) return adopted;
    const open =
      this.#watch.flights.find(({ awaited, names }) => !awaited.has(name) && names.includes(name)) ??
      this.#watch.takeUp(name, call.label);
    if (open?.isRefused === false) this.#waitFor(open, call);
    return open;
  }

  /**
   * Tells whoever makes a call what an earlier life made of its kind.
   * @throws AlreadySentError where it was mined, TransactionUnknownError while it is open
   */
  async report({ label }: Call): Promise<void> {
    for (const [name, list] of this.#adopted) {
      const found = list.find(({ flight }) => flight.call.label === label && this.#ages.has(flight));
      if (found === undefined) continue;
      const { hash } = found.receipt;
      const receipt = await this.#take(name);
      if (receipt === undefined) continue;
      if (receipt instanceof Flight) {
        throw unknownOutcome(receipt, "an earlier run of this account sent it, and a reorganisation has taken it away");
      }
      throw new AlreadySentError(
        `an earlier run of this account sent "${label}" and ended before it could say what became of it: transaction ${hash} is mined in block ${String(receipt.blockNumber)}. Nothing was sent now`,
        { hash, nonce: found.flight.nonce },
        { hint: "look at what it did; run the command again if you want it once more" },
      );
    }
    const open = this.#watch.flights.find(
      (flight) =>
        flight.call.label === label && this.#ages.has(flight) && !flight.isRefused && flight.awaited.size === 0,
    );
    if (open === undefined) return;
    throw unknownOutcome(open, "an earlier run of this account sent it, and it is not mined yet; nothing was sent now");
  }

  /** Notes what became of a flight of this life or an earlier one. */
  async landed(flight: Flight, landing: Landing): Promise<void> {
    const age = this.#ages.get(flight);
    if (age !== undefined) {
      const { log } = this.#options;
      const { nonce, call } = flight;
      const hash = landing.kind === "mined" ? landing.receipt.hash : flight.hashes.at(-1);
      const words = landing.kind === "mined" ? "is mined" : "was replaced by another one of this account";
      log.warn({ label: call.label, hash, nonce }, `a transaction that an earlier run of this account sent ${words}`);
    }
    const isDone = landing.kind === "mined" && landing.receipt.status === 1;
    if (!isDone) return this.#settled(flight.nonce);
    const name = flight.nameOf(landing.receipt.hash);
    const isTold = age === undefined && flight.awaited.has(name);
    if (isTold || (age ?? 0) >= ADOPTED_FOR_SECONDS) return this.#settled(flight.nonce);
    const { receipt } = landing;
    const at = monotonic(this.#options.clock);
    const list = this.#adopted.get(name) ?? [];
    // In place: somebody may be taking from it while a node is asked.
    list.push({ flight, receipt, age: age ?? 0, at });
    this.#adopted.set(name, list);
  }

  /** A call that was mined unseen, and is asked for again; its flight where a reorganisation has taken it away since. */
  async #take(name: string): Promise<TransactionReceipt | Flight | undefined> {
    const { chain, clock, log } = this.#options;
    const list = this.#adopted.get(name) ?? [];
    for (let [first] = list; first !== undefined; [first] = list) {
      const { flight, age, at, receipt: seen } = first;
      const isOld = age + (monotonic(clock) - at) / 1_000 >= ADOPTED_FOR_SECONDS;
      const receipt = isOld ? undefined : await chain.provider.getTransactionReceipt(seen.hash);
      // Somebody else may have taken it while the node was asked.
      if (list[0] !== first) continue;
      list.shift();
      if (receipt === null) {
        this.#waitFor(flight, flight.call);
        return flight;
      }
      // What cannot be struck out is told once more in the next life, and not made a second time there either.
      await this.#settled(flight.nonce).catch(() => undefined);
      if (receipt?.status !== 1) continue;
      log.warn(
        { label: flight.call.label, hash: receipt.hash, block: receipt.blockNumber },
        "the same call was sent earlier, and is mined by now: it is not sent a second time",
      );
      return receipt;
    }
    this.#adopted.delete(name);
    return undefined;
  }

  #waitFor(flight: Flight, { label }: Call): void {
    this.#options.log.warn(
      { label, hash: flight.hashes.at(-1) ?? "" },
      "the same call was sent earlier, and its outcome is not known yet: waiting for it instead of sending it again",
    );
    this.#ages.delete(flight);
  }

  #settled(nonce: number): Promise<void> {
    const { wallet, chain } = this.#options;
    return this.#journal.settled(wallet.address, nonce, chain.network.chainId);
  }

  async #learn(): Promise<void> {
    const { chain, wallet } = this.#options;
    const open = (await this.#journal.open()).filter(
      ({ from, chainId }) => from === wallet.address && chainId === chain.network.chainId,
    );
    if (open.length === 0) return;
    const head = await chain.provider.getBlock("latest");
    for (const [nonce, entries] of Map.groupBy(open, (entry) => entry.nonce)) {
      const newest = entries.at(-1);
      if (newest === undefined || this.#learned.has(nonce)) continue;
      // Unknown ages count as none: what is forgotten early may be done twice.
      const age = (head?.timestamp ?? 0) - (newest.blockTime ?? Infinity);
      const flight = flightOf(nonce, newest.label, entries);
      flight.isRefused = newest.refused === true;
      this.#ages.set(flight, age);
      if (age >= RESUMED_FOR_SECONDS || flight.isRefused) await this.#watch.lookBack(flight);
      else if (this.#watch.resume(flight)) this.#resumed.push(flight);
      else await this.#watch.lookBack(flight);
      this.#learned.add(nonce);
    }
  }

  async #recover(): Promise<void> {
    await this.known();
    const { clock, signal } = this.#options;
    const resumed = this.#resumed.splice(0);
    const landed = Promise.allSettled(resumed.map((flight) => flight.landed));
    if (resumed.length > 0) await Promise.race([landed, clock.sleep(RECOVERY_MS, signal)]);
    for (const flight of resumed.filter(({ isOver, awaited }) => !isOver && awaited.size === 0)) {
      flight.giveUp(unknownOutcome(flight, "an earlier life of this process sent it, and it is not mined yet"));
    }
    this.isRecovered = true;
  }
}
