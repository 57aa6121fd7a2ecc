import { Argument, Option } from "commander";

import { chainError } from "@orion/protocol/chain";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
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
import { creditsEvent } from "./events.ts";
import type { Position } from "./positions.ts";

const CREDIT = 10n ** 12n;
/** The default limit leaves one part in so many for a price that moves before the transaction is mined. */
export const HEADROOM = 100n;
export const DEFAULT_TERM_SECONDS = 30 * 86_400;

export interface MintRequest {
  /** CU base units. */
  readonly amount: bigint;
  readonly to: string;
  readonly termSeconds?: number;
  /** Most ORION (wei) to lock; a hundredth more than the collateral costs now when left out, because a live price moves by the second. */
  readonly maxLock?: bigint;
}

/** Mints credits against the signer's ORION: it owes as many credits by the end of the term. */
export async function mintCredits(client: SigningClient, request: MintRequest): Promise<Position> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const each = await contracts.credits.collateralPerCredit().catch((error: unknown) => {
    throw chainError(error, network.rpcUrl);
  });
  const lock = (request.amount * each + CREDIT - 1n) / CREDIT;
  const maxLock = request.maxLock ?? lock + lock / HEADROOM;
  const hint = "mint fewer credits, or get more ORION";
  await approveSpending(client, {
    token: contracts.orion,
    unit: ORION,
    spender: credits,
    amount: lock,
    allowed: maxLock,
    hint,
  });
  const term = request.termSeconds ?? DEFAULT_TERM_SECONDS;
  const data = contracts.credits.interface.encodeFunctionData("mint", [request.amount, term, maxLock, request.to]);
  const receipt = await client.sender.send({ to: credits, data, label: "mint credits" });
  const opened = creditsEvent(receipt, "PositionOpened");
  return {
    id: opened.id as bigint,
    owner: opened.owner as string,
    end: Number(opened.end),
    debt: opened.debt as bigint,
    lock: opened.lock as bigint,
  };
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly to?: string;
  readonly term?: number;
  readonly maxLock?: bigint;
}

export const creditsMint = command<Flags>({
  name: "mint",
  summary: "mint credits against ORION, owed back by the end of a term",
  details:
    "Redeeming the position with any credits, earned or bought, frees the ORION. After the end anyone may deliver them instead.",
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
        ...(flags.term === undefined ? {} : { termSeconds: flags.term }),
        ...(flags.maxLock === undefined ? {} : { maxLock: flags.maxLock }),
      });
      invocation.terminal.result(
        { position, to },
        facts([
          ["minted", `${formatAmount(position.debt, CU)} to ${to}`],
          ["locked", formatAmount(position.lock, ORION)],
          ["position", String(position.id)],
          ["owed by", new Date(position.end * 1000).toISOString()],
        ]),
      );
    });
  },
});
