import { Argument, Option } from "commander";

import { reading } from "@orion/protocol/chain";
import { InvalidInputError, RevertError } from "@orion/protocol/common";

import { formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import {
  keyOptions,
  networkOptions,
  parseDuration,
  parseOrion,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { topUpTo, withHeadroom } from "./health.ts";
import { approveCost, DEFAULT_TERM_SECONDS, requireTerm } from "./mint.ts";
import { parsePositionId } from "./position-id.ts";
import { openPosition, requireOwner, type Position } from "./positions.ts";

export interface RollOptions {
  readonly termSeconds?: number;
  /** Most ORION (wei) to pay, top-up and fee. */
  readonly maxCost?: bigint;
  /** The position may be somebody else's, who then owns what the signer adds. */
  readonly forAnother?: boolean;
  /** Sees what a roll takes now. */
  readonly onPlan?: (plan: RollPlan) => void;
}

/** A roll as it would happen now: ORION wei that it adds and that burn, and the end in chain seconds that it would give. */
export interface RollPlan {
  readonly topUp: bigint;
  readonly fee: bigint;
  readonly end: number;
}

/** A roll as it happened. */
export interface Rolled extends RollPlan {
  readonly lock: bigint;
}

/**
 * Extends a position and raises its lock to today's collateral; resolves to what that cost (ORION wei) and the new end.
 * @throws InvalidInputError before anything is signed: no such position, somebody else's, a term that is too long or moves the end by less than 7 days,
 * too early in a thin pool, a cost above the limit
 */
export async function rollPosition(client: SigningClient, id: bigint, options: RollOptions = {}): Promise<Rolled> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const term = options.termSeconds ?? DEFAULT_TERM_SECONDS;
  await requireTerm(client.chain, term);
  const position = await openPosition(client.chain, id);
  const plan = await planRoll(client, position, term);
  requireOwn(client, position, plan.topUp, options.forAnother === true);
  options.onPlan?.(plan);
  const cost = plan.topUp + plan.fee;
  const maxCost = options.maxCost ?? topUpTo(position, withHeadroom(position.lock + cost));
  if (cost > maxCost) {
    throw new InvalidInputError(
      `a roll takes ${formatAmount(cost, ORION)} now, more than ${formatAmount(maxCost, ORION)}`,
      {
        hint: "raise --max-cost, or redeem a part of the position first",
      },
    );
  }
  const hint = "get more ORION, or redeem a part of the position first";
  await approveCost(client, { amount: cost, allowed: maxCost, hint });
  const data = contracts.credits.interface.encodeFunctionData("roll", [id, term, maxCost]);
  const receipt = await client.sender.send({ to: credits, data, label: "roll position", once: true });
  const rolled = eventOf(receipt, "ComputeCredits", credits, "PositionRolled");
  return {
    topUp: rolled.topUp as bigint,
    fee: rolled.fee as bigint,
    lock: rolled.lock as bigint,
    end: Number(rolled.end),
  };
}

/** What a roll takes now; the contract's reasons against one become advice. */
async function planRoll({ chain }: SigningClient, { id, end }: Position, term: number): Promise<RollPlan> {
  try {
    const quoted = await reading(chain, () => chain.contracts.credits.quoteRoll(id, term));
    return { topUp: quoted.topUp, fee: quoted.fee, end: Number(quoted.end) };
  } catch (error) {
    if (!(error instanceof RevertError)) throw error;
    if (error.revert === "RollTooShort") {
      throw new InvalidInputError(`a roll moves the end, ${formatTime(end)}, by 7 days at least`, {
        hint: "give a longer --term, or roll later: a term is 30 days at most",
      });
    }
    if (error.revert === "RollTooEarly") {
      throw new InvalidInputError(
        `the pool is thin: a roll moves the end by one day, from a day before ${formatTime(end)} on`,
        {
          hint: "come back on the position's last day, or when the pool is deep again",
        },
      );
    }
    throw error;
  }
}

function requireOwn({ sender }: SigningClient, position: Position, needed: bigint, forAnother: boolean): void {
  const { id, owner } = position;
  if (owner === sender.address || (forAnother && needed > 0n)) return;
  const hint = "name its owner's key with --account, or give it ORION of yours with --for-another";
  if (!forAnother) requireOwner(position, sender.address, hint);
  throw new InvalidInputError(`position ${id} needs no more ORION: only its owner ${owner} may roll it`);
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly term?: number;
  readonly maxCost?: bigint;
  readonly forAnother?: true;
}

export const creditsRoll = command<Flags>({
  name: "roll",
  summary: "extend a position at today's collateral",
  details:
    "Burns 0.25% of the lock for each 30 days from the old end on, and moves the end by at least 7 days. While the pool is thin it moves the end by one day. By its owner or, with --for-another, by anyone who pays a top-up, which then belongs to the owner.",
  args: [new Argument("<position>", "number of the position").argParser(parsePositionId)],
  options: [
    new Option("--term <time>", "new term from now, at most 30d (default: 30d)").argParser(parseDuration),
    new Option(
      "--max-cost <amount>",
      "most ORION to pay, top-up and fee (default: what it takes now and 1% of the lock)",
    ).argParser(parseOrion),
    new Option("--for-another", "roll a position of somebody else with ORION of yours"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion credits roll 3 --term 30d --account engineer"],
  async run(invocation) {
    const id = invocation.args[0] as unknown as bigint;
    const { term, maxCost, forAnother } = invocation.flags;
    await withSigningClient(invocation, async (client) => {
      const rolled = await rollPosition(client, id, {
        onPlan: ({ topUp, fee }) =>
          invocation.terminal.note(
            `a roll adds ${formatAmount(topUp, ORION)} to the lock now and burns ${formatRounded(fee, ORION)}`,
          ),
        ...(term === undefined ? {} : { termSeconds: term }),
        ...(maxCost === undefined ? {} : { maxCost }),
        ...(forAnother === undefined ? {} : { forAnother }),
      });
      invocation.terminal.result({ position: id, ...rolled, transactions: client.transactions }, [
        `position ${id} runs until ${formatTime(rolled.end)}: ${formatAmount(rolled.topUp, ORION)} added, ${formatAmount(rolled.fee, ORION)} burned, ${formatAmount(rolled.lock, ORION)} locked`,
      ]);
    });
  },
});
