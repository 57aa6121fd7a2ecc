import { Argument, Option } from "commander";

import { chainError } from "@orion/protocol/chain";

import { formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import {
  keyOptions,
  networkOptions,
  parseDuration,
  parseOrion,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { approveSpending } from "../core/tokens.ts";
import { creditsEvent } from "./events.ts";
import { DEFAULT_TERM_SECONDS, HEADROOM } from "./mint.ts";
import { parsePositionId } from "./position-id.ts";
import { readPosition } from "./positions.ts";

const CREDIT = 10n ** 12n;

/** Extends a position and raises its lock to today's collateral; resolves to what that cost (ORION wei) and the new end. */
export async function rollPosition(
  client: SigningClient,
  id: bigint,
  options: { termSeconds?: number; maxTopUp?: bigint } = {},
): Promise<{ topUp: bigint; lock: bigint; end: number }> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const { needed, likely } = await topUpOf(client, id);
  const hint = "get more ORION, or redeem a part of the position first";
  const limit = options.maxTopUp ?? likely;
  const spending = { token: contracts.orion, unit: ORION, spender: credits, amount: needed, allowed: limit, hint };
  if (limit > 0n) await approveSpending(client, spending);
  const term = options.termSeconds ?? DEFAULT_TERM_SECONDS;
  const data = contracts.credits.interface.encodeFunctionData("roll", [id, term, limit]);
  const rolled = creditsEvent(
    await client.sender.send({ to: credits, data, label: "roll position" }),
    "PositionRolled",
  );
  return { topUp: rolled.topUp as bigint, lock: rolled.lock as bigint, end: Number(rolled.end) };
}

/** What a roll adds now to the lock that is there, and what it may add by the time that it is mined: a live price moves by the second. */
async function topUpOf({ chain }: SigningClient, id: bigint): Promise<{ needed: bigint; likely: bigint }> {
  const { credits } = chain.contracts;
  try {
    const [{ debt, lock }, live, each, { floor }] = await Promise.all([
      readPosition(credits, id),
      credits.isPriceLive(),
      credits.collateralPerCredit(),
      credits.parameters(),
    ]);
    const whole = (debt * (live ? each : floor) + CREDIT - 1n) / CREDIT;
    const above = (sum: bigint): bigint => (sum > lock ? sum - lock : 0n);
    return { needed: above(whole), likely: above(whole + whole / HEADROOM) };
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
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
        ...(term === undefined ? {} : { termSeconds: term }),
        ...(maxTopUp === undefined ? {} : { maxTopUp }),
      });
      invocation.terminal.result({ position: id, ...rolled }, [
        `position ${id} runs until ${new Date(rolled.end * 1000).toISOString()}: ${formatAmount(rolled.topUp, ORION)} added, ${formatAmount(rolled.lock, ORION)} locked`,
      ]);
    });
  },
});
