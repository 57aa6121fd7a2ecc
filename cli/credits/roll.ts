import { Argument, Option } from "commander";

import { reading } from "@orion/protocol/chain";

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
import { DEFAULT_TERM_SECONDS } from "./mint.ts";
import { parsePositionId } from "./position-id.ts";
import { readPosition } from "./positions.ts";

/** Extends a position and raises its lock to today's collateral; resolves to what that cost (ORION wei) and the new end. */
export async function rollPosition(
  client: SigningClient,
  id: bigint,
  options: { termSeconds?: number; maxTopUp?: bigint; onPlan?: (topUp: bigint) => void } = {},
): Promise<{ topUp: bigint; lock: bigint; end: number }> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const { needed, most } = await readTopUp(client, id);
  options.onPlan?.(needed);
  const maxTopUp = options.maxTopUp ?? most;
  const hint = "get more ORION, or redeem a part of the position first";
  const spending = { token: contracts.orion, unit: ORION, spender: credits, amount: needed, allowed: maxTopUp, hint };
  if (maxTopUp > 0n) await approveSpending(client, spending);
  const term = options.termSeconds ?? DEFAULT_TERM_SECONDS;
  const data = contracts.credits.interface.encodeFunctionData("roll", [id, term, maxTopUp]);
  const receipt = await client.sender.send({ to: credits, data, label: "roll position" });
  const rolled = eventOf(receipt, "ComputeCredits", credits, "PositionRolled");
  return { topUp: rolled.topUp as bigint, lock: rolled.lock as bigint, end: Number(rolled.end) };
}

/** What a roll adds now, and what it may add by the time that it is mined. */
async function readTopUp({ chain }: SigningClient, id: bigint): Promise<{ needed: bigint; most: bigint }> {
  const { credits } = chain.contracts;
  const [position, each] = await reading(chain, () => Promise.all([readPosition(credits, id), readRollPrice(chain)]));
  const lock = lockFor(position.debt, each);
  return { needed: topUpTo(position, lock), most: topUpTo(position, withHeadroom(lock)) };
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly term?: number;
  readonly maxTopUp?: bigint;
}

export const creditsRoll = command<Flags>({
  name: "roll",
  summary: "extend a position at today's collateral",
  details: "By its owner, or by anyone who pays a top-up.",
  args: [new Argument("<position>", "number of the position").argParser(parsePositionId)],
  options: [
    new Option("--term <time>", "new term from now, at most 30d (default: 30d)").argParser(parseDuration),
    new Option(
      "--max-top-up <amount>",
      "most ORION to add (default: what lifts the lock to today's collateral and 1%)",
    ).argParser(parseOrion),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion credits roll 3 --term 30d --account engineer"],
  async run(invocation) {
    const id = invocation.args[0] as unknown as bigint;
    const { term, maxTopUp } = invocation.flags;
    await withSigningClient(invocation, async (client) => {
      const rolled = await rollPosition(client, id, {
        onPlan: (topUp) => invocation.terminal.note(`a roll adds ${formatAmount(topUp, ORION)} to the lock now`),
        ...(term === undefined ? {} : { termSeconds: term }),
        ...(maxTopUp === undefined ? {} : { maxTopUp }),
      });
      invocation.terminal.result({ position: id, ...rolled }, [
        `position ${id} runs until ${formatTime(rolled.end)}: ${formatAmount(rolled.topUp, ORION)} added, ${formatAmount(rolled.lock, ORION)} locked`,
      ]);
    });
  },
});
