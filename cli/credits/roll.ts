import { Argument, Option } from "commander";

import { reading } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount, ORION } from "../core/amounts.ts";
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
import { approveSpending } from "../core/tokens.ts";
import { lockFor, readRollPrice, topUpTo, withHeadroom } from "./health.ts";
import { DEFAULT_TERM_SECONDS, requireTerm } from "./mint.ts";
import { parsePositionId } from "./position-id.ts";
import { openPosition, requireOwner, type Position } from "./positions.ts";

export interface RollOptions {
  readonly termSeconds?: number;
  /** ORION wei. */
  readonly maxTopUp?: bigint;
  /** The position may be somebody else's, who then owns what the signer adds. */
  readonly forAnother?: boolean;
  /** Sees what a roll adds now. */
  readonly onPlan?: (topUp: bigint) => void;
}

/**
 * Extends a position and raises its lock to today's collateral; resolves to what that cost (ORION wei) and the new end.
 * @throws InvalidInputError before anything is signed: no such position, somebody else's, too long a term, a top-up above the limit
 */
export async function rollPosition(
  client: SigningClient,
  id: bigint,
  options: RollOptions = {},
): Promise<{ topUp: bigint; lock: bigint; end: number }> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const term = options.termSeconds ?? DEFAULT_TERM_SECONDS;
  await requireTerm(client.chain, term);
  const position = await openPosition(client.chain, id);
  const { needed, most } = await readTopUp(client, position);
  requireOwn(client, position, needed, options.forAnother === true);
  options.onPlan?.(needed);
  const maxTopUp = options.maxTopUp ?? most;
  if (needed > maxTopUp) {
    throw new InvalidInputError(
      `a roll adds ${formatAmount(needed, ORION)} now, more than ${formatAmount(maxTopUp, ORION)}`,
      { hint: "raise --max-top-up, or redeem a part of the position first" },
    );
  }
  const hint = "get more ORION, or redeem a part of the position first";
  const spending = { token: contracts.orion, unit: ORION, spender: credits, amount: needed, allowed: maxTopUp, hint };
  if (maxTopUp > 0n) await approveSpending(client, spending);
  const data = contracts.credits.interface.encodeFunctionData("roll", [id, term, maxTopUp]);
  const receipt = await client.sender.send({ to: credits, data, label: "roll position" });
  const rolled = eventOf(receipt, "ComputeCredits", credits, "PositionRolled");
  return { topUp: rolled.topUp as bigint, lock: rolled.lock as bigint, end: Number(rolled.end) };
}

/** What a roll adds now, and what it may add by the time that it is mined. */
async function readTopUp({ chain }: SigningClient, position: Position): Promise<{ needed: bigint; most: bigint }> {
  const each = await reading(chain, () => readRollPrice(chain));
  const lock = lockFor(position.debt, each);
  return { needed: topUpTo(position, lock), most: topUpTo(position, withHeadroom(lock)) };
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
  readonly maxTopUp?: bigint;
  readonly forAnother?: true;
}

export const creditsRoll = command<Flags>({
  name: "roll",
  summary: "extend a position at today's collateral",
  details: "By its owner or, with --for-another, by anyone who pays a top-up, which then belongs to the owner.",
  args: [new Argument("<position>", "number of the position").argParser(parsePositionId)],
  options: [
    new Option("--term <time>", "new term from now, at most 30d (default: 30d)").argParser(parseDuration),
    new Option(
      "--max-top-up <amount>",
      "most ORION to add (default: what lifts the lock to today's collateral and 1%)",
    ).argParser(parseOrion),
    new Option("--for-another", "roll a position of somebody else with ORION of yours"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion credits roll 3 --term 30d --account engineer"],
  async run(invocation) {
    const id = invocation.args[0] as unknown as bigint;
    const { term, maxTopUp, forAnother } = invocation.flags;
    await withSigningClient(invocation, async (client) => {
      const rolled = await rollPosition(client, id, {
        onPlan: (topUp) => invocation.terminal.note(`a roll adds ${formatAmount(topUp, ORION)} to the lock now`),
        ...(term === undefined ? {} : { termSeconds: term }),
        ...(maxTopUp === undefined ? {} : { maxTopUp }),
        ...(forAnother === undefined ? {} : { forAnother }),
      });
      invocation.terminal.result({ position: id, ...rolled, transactions: client.transactions }, [
        `position ${id} runs until ${formatTime(rolled.end)}: ${formatAmount(rolled.topUp, ORION)} added, ${formatAmount(rolled.lock, ORION)} locked`,
      ]);
    });
  },
});
