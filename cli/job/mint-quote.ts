import { chainNow, escrowOf, MINTED_WAIT_SECONDS, reading, type Terms } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount, formatPercent, formatRounded, ORION } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import type { Client } from "../core/client.ts";
import { facts } from "../core/table.ts";
import { lockFor, withHeadroom } from "../credits/health.ts";
import { DEFAULT_TERM_SECONDS, requireTerm } from "../credits/mint.ts";
import { collateralFacts } from "../credits/price-lines.ts";
import { readCreditPrice, type CreditPrice } from "../credits/read-price.ts";

export interface MintOptions {
  /** Until when the position owes the escrow; 30 days when left out. */
  readonly termSeconds?: number;
  /** Most ORION (wei) to pay, lock and fee; a hundredth more than it costs now when left out, because a live price moves by the second. */
  readonly maxCost?: bigint;
}

/** The mint of a job's escrow as it would happen now. */
export interface MintQuote {
  /** CU base units that are minted. */
  readonly escrow: bigint;
  readonly termSeconds: number;
  /** Chain time in seconds until which the position owes them. */
  readonly end: number;
  /** ORION wei. */
  readonly lock: bigint;
  /** ORION wei that burns; undefined where so much may not be minted today. */
  readonly fee: bigint | undefined;
  /** Most ORION wei that is paid, lock and fee; undefined with the fee. */
  readonly maxCost: bigint | undefined;
  /** CU base units that may be minted into escrows in this day of the clock (UTC), and what is left of them. */
  readonly quota: bigint;
  readonly left: bigint;
  /** Chain time before which no unit settles or is accepted, if the job is posted now. */
  readonly settlesFrom: number;
  readonly price: CreditPrice;
  /** Mints are stopped, by a vote or by the guardian. */
  readonly paused: boolean;
}

/**
 * What it costs now to mint the escrow of a job.
 * @throws InvalidInputError for a term that is too long
 */
export async function quoteJobMint({ chain }: Client, terms: Terms, options: MintOptions = {}): Promise<MintQuote> {
  const termSeconds = options.termSeconds ?? DEFAULT_TERM_SECONDS;
  await requireTerm(chain, termSeconds);
  const { credits } = chain.contracts;
  const escrow = escrowOf(terms);
  const [price, now, [quota, minted], paused] = await Promise.all([
    readCreditPrice(chain),
    chainNow(chain),
    reading(chain, () => credits.dailyJobQuota()),
    reading(chain, () => credits.paused()),
  ]);
  const left = quota > minted ? quota - minted : 0n;
  const lock = lockFor(escrow, price.collateral);
  const fee =
    paused || escrow > left
      ? undefined
      : (await reading(chain, () => credits.quoteMintForJob(escrow, termSeconds))).fee;
  const maxCost = fee === undefined ? undefined : (options.maxCost ?? withHeadroom(lock + fee));
  const settlesFrom = now + MINTED_WAIT_SECONDS + 1;
  return { escrow, termSeconds, end: now + termSeconds, lock, fee, maxCost, quota, left, settlesFrom, price, paused };
}

/**
 * Lock and fee in ORION wei, and the most that may be paid for both.
 * @throws InvalidInputError where the mint is not possible now, or costs more than its limit
 */
export function requireMintable(quote: MintQuote): { readonly cost: bigint; readonly maxCost: bigint } {
  const { escrow, lock, fee, maxCost, left, paused } = quote;
  if (paused) {
    throw new InvalidInputError("no credits are minted now: mints are paused by a vote or the guardian", {
      hint: "pay with `--pay orion`; `orion gov guard status` says until when",
    });
  }
  if (fee === undefined || maxCost === undefined) {
    throw new InvalidInputError(
      `the escrow is ${formatAmount(escrow, CU)}, ${formatRounded(left, CU)} may still be minted into escrows today`,
      { hint: "post a smaller job, come back tomorrow (UTC), or pay with `--pay orion`" },
    );
  }
  const cost = lock + fee;
  if (cost <= maxCost) return { cost, maxCost };
  throw new InvalidInputError(
    `lock and fee are ${formatAmount(cost, ORION)} now, more than ${formatAmount(maxCost, ORION)}`,
    { hint: "raise --max-cost, or post a smaller job" },
  );
}

/** What the poster is about to lock, pay and owe. */
export function mintLines({ escrow, lock, fee, maxCost, end, quota, left, settlesFrom, price }: MintQuote): string[] {
  const refused = fee === undefined || maxCost === undefined || lock + fee > maxCost;
  return facts([
    ["minting", formatAmount(escrow, CU)],
    ["quota", `${formatRounded(left, CU)} left today, of ${formatRounded(quota, CU)}`],
    ...collateralFacts(price),
    ["lock", formatAmount(lock, ORION)],
    ...(fee === undefined
      ? []
      : [["fee", `${formatRounded(fee, ORION)}, ${formatPercent(fee, lock)} of the lock, burned`] as const]),
    ...(maxCost === undefined ? [] : [["limit", `${formatRounded(maxCost, ORION)} for lock and fee`] as const]),
    ["owed by", `${formatTime(end)} (chain time)`],
    ["settles from", `${formatTime(settlesFrom)} (chain time), 24 hours after the post`],
    ...(end <= settlesFrom
      ? [
          [
            "WARNING",
            "the debt ends before the job can settle: the position is overdue by then, and anyone may deliver on it and take its ORION; give a longer --term",
          ] as const,
        ]
      : []),
    ...(refused
      ? [["refused", fee === undefined ? "so much cannot be minted now" : "it costs more than the limit"] as const]
      : []),
  ]);
}

export function mintJson({ price: { live, hour, week, collateral, rule }, ...numbers }: MintQuote): object {
  return { ...numbers, collateral, rule, mean: { live, hour, week } };
}
