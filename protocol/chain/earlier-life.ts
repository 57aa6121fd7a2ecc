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

/** What earlier lives of this process signed for an account: what is recent is finished, and a call that was made is not made a second time. */
export class EarlierLife {
  readonly #options: SenderOptions;
  readonly #journal: TransactionJournal;
  readonly #watch: FlightWatch;
  /** Calls that were mined since: repeating them would do them twice. */
  readonly #adopted = new Map<string, TransactionReceipt>();
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

  /** The receipt of the same call, made in an earlier life and mined since. @throws TransactionUnknownError while it is open */
  receiptOf(call: Call): TransactionReceipt | undefined {
    const name = callName(call);
    const receipt = this.#adopted.get(name);
    if (receipt !== undefined) {
      this.#adopted.delete(name);
      this.#options.log.warn(
        { label: call.label, hash: receipt.hash, block: receipt.blockNumber },
        "the same call was sent earlier, and is mined by now: it is not sent a second time",
      );
      return receipt;
    }
    const open = this.#watch.flights.find((flight) => flight.givenUp && callName(flight.call) === name);
    if (open !== undefined) {
      throw unknownOutcome(open, "the same call was sent earlier, and its outcome is not known yet");
    }
    return undefined;
  }

  async #recover(): Promise<void> {
    const { chain, clock, log, signal } = this.#options;
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
      const settle = (landing: Landing): void => {
        log.warn({ label: newest.label, nonce, outcome: landing.kind }, "an earlier transaction is settled");
        if (landing.kind !== "mined" || landing.receipt.status !== 1 || age >= ADOPTED_FOR_SECONDS) return;
        this.#adopted.set(callName(flight.call), landing.receipt);
      };
      // Whoever gave it up is told elsewhere.
      void flight.landed.then(settle, () => undefined);
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
