import { keccak256, Transaction, type TransactionReceipt } from "ethers";

import { TransactionUnknownError } from "../common/errors.ts";
import type { Fees } from "./fees.ts";
import type { Call } from "./sending.ts";

/** What a transaction does, apart from its fees. */
export interface Payload {
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
}

export interface SignedVariant {
  readonly hash: string;
  readonly raw: string;
  /** As in the journal. */
  readonly blockTime?: number | undefined;
}

/** How a nonce came to be used. */
export type Landing =
  | { readonly kind: "mined"; readonly receipt: TransactionReceipt }
  /** Another transaction of the account took it: none of ours can be mined any more. */
  | { readonly kind: "replaced"; readonly hash: string };

/** A nonce of the account under which something was signed, until it is known what was mined there. */
export class Flight {
  readonly nonce: number;
  readonly call: Call;
  readonly payload: Payload;
  /** All that was signed, oldest first; one of them at most can be mined. */
  readonly variants: SignedVariant[] = [];
  /** Names of the calls that somebody waits for. */
  readonly awaited = new Set<string>();
  #landed!: Promise<Landing>;
  fees: Fees;
  bumps = 0;
  /** False from the moment on at which the endpoint said plainly that it has the newest variant. */
  unsure = true;
  isSent = false;
  /** Monotonic times: of the newest variant's signature and last broadcast, and of the last sign that all is well. */
  signedAt = 0;
  sentAt = 0;
  newsAt = 0;
  rebroadcasts = 0;
  /** Looks at which the nonce was used and no receipt to be had. */
  usedLooks = 0;
  /** One of ours is in a block, by its hash: only the receipt is missing. */
  seenMined = false;
  /** Whoever waits was told that the outcome is not known. */
  givenUp = false;
  /** The endpoint refused the newest variant plainly, or it never left: whoever waited was told that nothing was sent. */
  isRefused = false;
  isOver = false;
  #land!: (landing: Landing) => void;
  #fail!: (error: Error) => void;

  constructor(nonce: number, call: Call, payload: Payload, fees: Fees) {
    this.nonce = nonce;
    this.call = call;
    this.payload = payload;
    this.fees = fees;
    this.#await();
  }

  get landed(): Promise<Landing> {
    return this.#landed;
  }

  #await(): void {
    this.#landed = new Promise((resolve, reject) => {
      this.#land = resolve;
      this.#fail = reject;
    });
    // Whoever waits is told; nobody may.
    this.#landed.catch(() => undefined);
  }

  /** Somebody waits for it again after it was given up. @param now monotonic */
  revive(now: number): void {
    this.#await();
    this.isOver = false;
    this.givenUp = false;
    this.isRefused = false;
    this.unsure = true;
    this.newsAt = now;
  }

  get hashes(): string[] {
    return this.variants.map(({ hash }) => hash);
  }

  /** Names of the calls that were signed: one, unless earlier lives signed different ones under this nonce. */
  get names(): string[] {
    return [...new Set(this.variants.map(({ raw }) => callName(callOf(raw))))];
  }

  /** Name of the call that a transaction of it makes. */
  nameOf(hash: string): string {
    const variant = this.variants.find((one) => one.hash === hash);
    return callName(variant === undefined ? this.call : callOf(variant.raw));
  }

  land(landing: Landing): void {
    this.isOver = true;
    this.#land(landing);
  }

  /** Tells whoever waits; the nonce stays watched. */
  giveUp(error: Error): void {
    this.givenUp = true;
    this.awaited.clear();
    this.#fail(error);
  }

  /** The endpoint refused it, and nobody shows it; that proves nothing, so its nonce stays the only one under which the call is made. */
  refuse(error: Error): void {
    this.isRefused = true;
    this.giveUp(error);
  }
}

/** The end of a flight whose outcome nothing tells. */
export function unknownOutcome(flight: Flight, why: string, cause?: unknown): TransactionUnknownError {
  const hash = flight.hashes.at(-1) ?? "";
  return new TransactionUnknownError(
    `"${flight.call.label}" may have happened: ${why}; transaction ${hash}, nonce ${String(flight.nonce)}`,
    flight,
    {
      cause,
      hint: "look the transaction up before you do it again; the next command of this account settles it first",
    },
  );
}

/** The flight of what an earlier life signed under one nonce, oldest first. */
export function flightOf(nonce: number, label: string, entries: readonly SignedVariant[]): Flight {
  const { to, data, value, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(entries.at(-1)?.raw);
  const call = { to: to ?? "", data, value, label };
  const fees = { maxFeePerGas: maxFeePerGas ?? 0n, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n };
  const flight = new Flight(nonce, call, { to: to ?? "", data, value, gasLimit }, fees);
  for (const { hash, raw, blockTime } of entries) flight.variants.push({ hash, raw, blockTime });
  return flight;
}

/** The call that a signed transaction makes. */
export function callOf(raw: string): Pick<Call, "to" | "data" | "value"> {
  const { to, data, value } = Transaction.from(raw);
  return { to: to ?? "", data, value };
}

/** The same for the same call, and for no other. */
export function callName({ to, data, value }: Pick<Call, "to" | "data" | "value">): string {
  return keccak256(`${to.toLowerCase()}${data.slice(2)}${(value ?? 0n).toString(16).padStart(64, "0")}`);
}
