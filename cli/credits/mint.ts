import { Argument, Option } from "commander";

import { chainNow, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { formatSpan, formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import {
  keyOptions,
  networkOptions,
  parseAddress,
  parseCredits,
  parseDuration,
  parseOrion,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { facts } from "../core/table.ts";
import { approveSpending } from "../core/tokens.ts";
import { lockFor, withHeadroom } from "./health.ts";
import type { Position } from "./positions.ts";
import { collateralFacts } from "./price-lines.ts";
import { readCreditPrice, type CreditPrice } from "./read-price.ts";

export const DEFAULT_TERM_SECONDS = 30 * 86_400;

export interface MintRequest {
  /** CU base units. */
  readonly amount: bigint;
  readonly to: string;
  readonly termSeconds?: number;
  /** Most ORION (wei) to lock; a hundredth more than the collateral costs now when left out, because a live price moves by the second. */
  readonly maxLock?: bigint;
  /** Sees what it would cost before anything is signed; throwing stops there. */
  readonly onPlan?: (plan: MintPlan) => void;
}

/** A mint as it would happen now. */
export interface MintPlan {
  readonly amount: bigint;
  /** ORION wei. */
  readonly lock: bigint;
  /** CU base units that may be minted in all. */
  readonly mintable: bigint;
  /** Chain time in seconds until which they are owed. */
  readonly end: number;
  readonly price: CreditPrice;
}

/**
 * Mints credits against the signer's ORION: it owes as many credits by the end of the term.
 * @throws InvalidInputError when more is asked than may be minted, the term is too long, the lock is above its limit, or the account holds too
 * little; before anything is signed
 */
export async function mintCredits(client: SigningClient, request: MintRequest): Promise<Position> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const term = request.termSeconds ?? DEFAULT_TERM_SECONDS;
  await requireTerm(client.chain, term);
  const plan = await planMint(client.chain, request.amount, term);
  request.onPlan?.(plan);
  requireMintable(plan);
  const { lock } = plan;
  const maxLock = request.maxLock ?? withHeadroom(lock);
  if (lock > maxLock) {
    throw new InvalidInputError(
      `the lock is ${formatAmount(lock, ORION)} now, more than ${formatAmount(maxLock, ORION)}`,
      {
        hint: "raise --max-lock, or mint fewer",
      },
    );
  }
  await approveSpending(client, {
    token: contracts.orion,
    unit: ORION,
    spender: credits,
    amount: lock,
    allowed: maxLock,
    hint: "mint fewer credits, or get more ORION",
  });
  const data = contracts.credits.interface.encodeFunctionData("mint", [request.amount, term, maxLock, request.to]);
  const receipt = await client.sender.send({ to: credits, data, label: "mint credits" });
  const opened = eventOf(receipt, "ComputeCredits", credits, "PositionOpened");
  return {
    id: opened.id as bigint,
    owner: opened.owner as string,
    end: Number(opened.end),
    debt: opened.debt as bigint,
    lock: opened.lock as bigint,
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
  const [price, mintable, now] = await Promise.all([
    readCreditPrice(chain),
    reading(chain, () => chain.contracts.credits.mintable()),
    chainNow(chain),
  ]);
  const lock = lockFor(amount, price.collateral);
  return { amount, lock, mintable, end: now + termSeconds, price };
}

function requireMintable({ amount, mintable, price }: MintPlan): void {
  if (amount <= mintable) return;
  const why = price.live ? "" : ", as long as the exchange gives no live price";
  throw new InvalidInputError(
    `${formatAmount(amount, CU)} are more than may be minted now: ${formatAmount(mintable, CU)}${why}`,
    { hint: "mint fewer, or buy credits on the exchange; `orion credits price` shows the caps" },
  );
}

function planLines({ amount, lock, mintable, end, price }: MintPlan): string[] {
  return facts([
    ["minting", `${formatAmount(amount, CU)} of ${formatRounded(mintable, CU)} that may be minted`],
    ...collateralFacts(price),
    ["lock", formatAmount(lock, ORION)],
    ["owed by", `${formatTime(end)} (chain time)`],
  ]);
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly to?: string;
  readonly term?: number;
  readonly maxLock?: bigint;
}

export const creditsMint = command<Flags>({
  name: "mint",
  summary: "mint credits against ORION, owed back by the end of a term",
  details: `Collateral, the rule that set it, what may be minted, lock and end are shown before anything is signed.
    Redeeming the position with any credits, earned or bought, frees the ORION. After the end anyone may deliver them instead.`,
  args: [new Argument("<amount>", "CU").argParser(parseCredits)],
  options: [
    new Option("--to <address>", "who receives the credits (default: the signer)").argParser(parseAddress),
    new Option("--term <time>", "until when they are owed, at most 30d (default: 30d)").argParser(parseDuration),
    new Option("--max-lock <amount>", "most ORION to lock (default: today's collateral and 1%)").argParser(parseOrion),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion credits mint 10 --account engineer", "orion credits mint 0.5 --term 7d --max-lock 2"],
  async run(invocation) {
    const { flags } = invocation;
    await withSigningClient(invocation, async (client) => {
      const to = flags.to ?? client.sender.address;
      const position = await mintCredits(client, {
        amount: invocation.args[0] as unknown as bigint,
        to,
        onPlan: (plan) => planLines(plan).forEach((line) => invocation.terminal.note(line)),
        ...(flags.term === undefined ? {} : { termSeconds: flags.term }),
        ...(flags.maxLock === undefined ? {} : { maxLock: flags.maxLock }),
      });
      invocation.terminal.result(
        { position, to, transactions: client.transactions },
        facts([
          ["minted", `${formatAmount(position.debt, CU)} to ${to}`],
          ["locked", formatAmount(position.lock, ORION)],
          ["position", String(position.id)],
          ["owed by", formatTime(position.end)],
        ]),
      );
    });
  },
});
