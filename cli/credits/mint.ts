import { Argument, Option } from "commander";
import type { TransactionReceipt } from "ethers";

import { chainNow, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount, formatPercent, formatRounded, ORION } from "../core/amounts.ts";
import { formatSpan, formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import {
  keyOptions,
  networkOptions,
  parseHolder,
  parseCredits,
  parseDuration,
  parseOrion,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { facts } from "../core/table.ts";
import { approveSpending, type Spending } from "../core/tokens.ts";
import { lockFor, withHeadroom } from "./health.ts";
import type { Position } from "./positions.ts";
import { collateralFacts, quotaFact } from "./price-lines.ts";
import { readCreditPrice, readQuota, type CreditPrice, type HourlyQuota } from "./read-price.ts";

export const DEFAULT_TERM_SECONDS = 30 * 86_400;
/** Under so long a term hardly anybody can mean to redeem. */
const SHORT_TERM_SECONDS = 3_600;

export interface MintRequest {
  /** CU base units. */
  readonly amount: bigint;
  readonly to: string;
  readonly termSeconds?: number;
  /** Most ORION (wei) to pay, lock and fee; a hundredth more than it costs now when left out, because a live price moves by the second. */
  readonly maxCost?: bigint;
  /** Sees what it would cost before anything is signed; throwing stops there. */
  readonly onPlan?: (plan: MintPlan) => void;
}

/** A position as it was opened. */
export interface Minted extends Position {
  /** ORION wei that burned. */
  readonly fee: bigint;
}

/** A mint as it would happen now. */
export interface MintPlan {
  readonly amount: bigint;
  /** ORION wei. */
  readonly lock: bigint;
  /** ORION wei that burns; undefined where so much may not be minted now. */
  readonly fee: bigint | undefined;
  /** CU base units that may be minted now. */
  readonly mintable: bigint;
  readonly quota: HourlyQuota;
  /** Chain time in seconds until which they are owed. */
  readonly end: number;
  readonly termSeconds: number;
  readonly price: CreditPrice;
  /** Mints are stopped, by a vote or by the guardian. */
  readonly paused: boolean;
}

/**
 * Mints credits against the signer's ORION: it owes as many credits by the end of the term.
 * @throws InvalidInputError when more is asked than the caps or the hour's quota leave, the term is too long, lock and fee are above their limit, or the
 * account holds too little; before anything is signed
 */
export async function mintCredits(client: SigningClient, request: MintRequest): Promise<Minted> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const term = request.termSeconds ?? DEFAULT_TERM_SECONDS;
  await requireTerm(client.chain, term);
  const plan = await planMint(client.chain, request.amount, term);
  request.onPlan?.(plan);
  const cost = plan.lock + requireMintable(plan);
  const maxCost = request.maxCost ?? withHeadroom(cost);
  if (cost > maxCost) {
    throw new InvalidInputError(
      `lock and fee are ${formatAmount(cost, ORION)} now, more than ${formatAmount(maxCost, ORION)}`,
      { hint: "raise --max-cost, or mint fewer" },
    );
  }
  await approveCost(client, { amount: cost, allowed: maxCost, hint: "mint fewer credits, or get more ORION" });
  const data = contracts.credits.interface.encodeFunctionData("mint", [request.amount, term, maxCost, request.to]);
  const receipt = await client.sender.send({ to: credits, data, label: "mint credits", once: true });
  return mintedIn(receipt, credits);
}

/** Lets the credits take ORION for locks and fees. @throws InvalidInputError when the account holds too little */
export async function approveCost(
  client: SigningClient,
  cost: Pick<Spending, "amount" | "allowed" | "hint">,
): Promise<void> {
  const { contracts, network } = client.chain;
  await approveSpending(client, { token: contracts.orion, unit: ORION, spender: network.addresses.credits, ...cost });
}

/** The position that a transaction has opened. */
export function mintedIn(receipt: TransactionReceipt, credits: string): Minted {
  const opened = eventOf(receipt, "ComputeCredits", credits, "PositionOpened");
  return {
    id: opened.id as bigint,
    owner: opened.owner as string,
    end: Number(opened.end),
    debt: opened.debt as bigint,
    lock: opened.lock as bigint,
    fee: opened.fee as bigint,
  };
}

/** @throws InvalidInputError for a term that is too long */
export async function requireTerm(chain: Chain, seconds: number): Promise<void> {
  const longest = Number(await reading(chain, () => chain.contracts.credits.LONGEST_TERM()));
  if (seconds <= longest) return;
  throw new InvalidInputError(`a term is ${formatSpan(longest)} at most, not ${formatSpan(seconds)}`, {
    hint: "give a shorter --term; a position can be rolled before it ends",
  });
}

/** What a mint would cost now. */
export async function planMint(chain: Chain, amount: bigint, termSeconds: number): Promise<MintPlan> {
  const [price, mintable, quota, now, paused] = await Promise.all([
    readCreditPrice(chain),
    reading(chain, () => chain.contracts.credits.mintable()),
    readQuota(chain),
    chainNow(chain),
    reading(chain, () => chain.contracts.credits.paused()),
  ]);
  const lock = lockFor(amount, price.collateral);
  const fee = amount > mintable ? undefined : await quoteFee(chain, amount, termSeconds);
  return { amount, lock, fee, mintable, quota, end: now + termSeconds, termSeconds, price, paused };
}

async function quoteFee(chain: Chain, amount: bigint, termSeconds: number): Promise<bigint> {
  return (await reading(chain, () => chain.contracts.credits.quoteMint(amount, termSeconds))).fee;
}

/** The fee, of a mint that is possible now. */
function requireMintable({ amount, fee, mintable, quota, price, paused }: MintPlan): bigint {
  if (fee !== undefined) return fee;
  if (paused) {
    throw new InvalidInputError("no credits are minted now: mints are paused by a vote or the guardian", {
      hint: "buy credits on the exchange (`orion dex swap`); `orion gov guard status` says until when",
    });
  }
  const left = quota.quota - quota.minted;
  const why = mintable === left ? ` in this hour, of whose quota ${formatRounded(left, CU)} are left` : ` now`;
  const cap = mintable < left && !price.live ? ", as long as the exchange gives no live price" : "";
  throw new InvalidInputError(
    `${formatAmount(amount, CU)} are more than may be minted${why}: ${formatAmount(mintable, CU)}${cap}`,
    {
      hint: "mint fewer, come back in the next hour, or buy credits on the exchange; `orion credits price` shows the limits",
    },
  );
}

/** What a mint is going to be. */
export function planLines({ amount, lock, fee, mintable, quota, end, termSeconds, price }: MintPlan): string[] {
  return facts([
    ["minting", `${formatAmount(amount, CU)} of ${formatRounded(mintable, CU)} that may be minted`],
    quotaFact(quota),
    ...collateralFacts(price),
    ["lock", formatAmount(lock, ORION)],
    ...(fee === undefined
      ? []
      : [["fee", `${formatRounded(fee, ORION)}, ${formatPercent(fee, lock)} of the lock, burned`] as const]),
    ["owed by", `${formatTime(end)} (chain time)`],
    ...(termSeconds < SHORT_TERM_SECONDS
      ? [
          [
            "WARNING",
            `the term is ${formatSpan(termSeconds)}: the position is overdue almost at once, and anyone may then deliver on it and take its ORION; give a longer --term`,
          ] as const,
        ]
      : []),
  ]);
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly to?: string;
  readonly term?: number;
  readonly maxCost?: bigint;
}

export const creditsMint = command<Flags>({
  name: "mint",
  summary: "mint credits against ORION, owed back by the end of a term",
  details: `Collateral, the rule that set it, what may be minted, lock, fee and end are shown before anything is signed.
    The fee burns: 0.25% of the lock for 30 days, and up to 2% at the margin as the hour's quota fills.
    Redeeming the position with any credits, earned or bought, frees the ORION. After the end anyone may deliver them instead.`,
  args: [new Argument("<amount>", "CU").argParser(parseCredits)],
  options: [
    new Option("--to <address>", "who receives the credits (default: the signer)").argParser(parseHolder),
    new Option("--term <time>", "until when they are owed, at most 30d (default: 30d)").argParser(parseDuration),
    new Option("--max-cost <amount>", "most ORION to pay, lock and fee (default: what it costs now and 1%)").argParser(
      parseOrion,
    ),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion credits mint 10 --account engineer", "orion credits mint 0.5 --term 7d --max-cost 2"],
  async run(invocation) {
    const { flags } = invocation;
    await withSigningClient(invocation, async (client) => {
      const to = flags.to ?? client.sender.address;
      const position = await mintCredits(client, {
        amount: invocation.args[0] as unknown as bigint,
        to,
        onPlan: (plan) => planLines(plan).forEach((line) => invocation.terminal.note(line)),
        ...(flags.term === undefined ? {} : { termSeconds: flags.term }),
        ...(flags.maxCost === undefined ? {} : { maxCost: flags.maxCost }),
      });
      invocation.terminal.result(
        { position, to, transactions: client.transactions },
        facts([
          ["minted", `${formatAmount(position.debt, CU)} to ${to}`],
          ["locked", formatAmount(position.lock, ORION)],
          ["fee", formatAmount(position.fee, ORION)],
          ["position", String(position.id)],
          ["owed by", formatTime(position.end)],
        ]),
      );
    });
  },
});
