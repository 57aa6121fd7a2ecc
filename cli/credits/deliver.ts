import { Argument } from "commander";

import { chainNow, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { formatSpan, formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import { keyOptions, networkOptions, parseCredits, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { CREDITS_HINT, requireBalance } from "../core/tokens.ts";
import { paidFor } from "./health.ts";
import { parsePositionId } from "./position-id.ts";
import { openPosition, requireDebt } from "./positions.ts";

/**
 * Burns credits of the signer against a position that has ended; resolves to the ORION (wei) paid to it.
 * @throws InvalidInputError before anything is signed, when the signer holds less
 */
export async function deliverCredits(client: SigningClient, id: bigint, amount: bigint): Promise<bigint> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  await requireBalance(client, { token: contracts.credits, unit: CU, amount, hint: CREDITS_HINT });
  const data = contracts.credits.interface.encodeFunctionData("deliver", [id, amount]);
  const receipt = await client.sender.send({ to: credits, data, label: "deliver credits" });
  return eventOf(receipt, "ComputeCredits", credits, "PositionDelivered").paidToDeliverer as bigint;
}

/**
 * What a delivery is paid now, and once the auction has run its course (ORION wei).
 * @throws InvalidInputError when the position has not ended, or owes less
 */
export async function quoteDelivery(chain: Chain, id: bigint, amount: bigint): Promise<{ now: bigint; full: bigint }> {
  const [position, auction, time] = await Promise.all([
    openPosition(chain, id),
    reading(chain, () => chain.contracts.credits.AUCTION()),
    chainNow(chain),
  ]);
  const { end } = position;
  if (time <= end) {
    throw new InvalidInputError(`position ${id} has not ended, and will at ${formatTime(end)}`, {
      hint: `deliver in ${formatSpan(end + 1 - time)}; what is paid grows for three days from then on`,
    });
  }
  requireDebt(position, amount);
  const at = (when: number): bigint => paidFor(position, amount, when, auction);
  return { now: at(time), full: at(end + Number(auction)) };
}

export const creditsDeliver = command<KeyFlags & NetworkFlags>({
  name: "deliver",
  summary: "burn credits against an overdue position for a part of its ORION",
  details: "The part grows from nothing to all of it within three days after the position's end.",
  args: [
    new Argument("<position>", "number of the position").argParser(parsePositionId),
    new Argument("<amount>", "CU").argParser(parseCredits),
  ],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion credits deliver 3 10 --account trader"],
  async run(invocation) {
    const [id, amount] = invocation.args as unknown as [bigint, bigint];
    await withSigningClient(invocation, async (client) => {
      const { now, full } = await quoteDelivery(client.chain, id, amount);
      invocation.terminal.note(
        `now it is paid ${formatRounded(now, ORION)}; three days after the end ${formatRounded(full, ORION)}, if nobody delivers before`,
      );
      const paid = await deliverCredits(client, id, amount);
      invocation.terminal.result({ position: id, burned: amount, paid, transactions: client.transactions }, [
        `delivered ${formatAmount(amount, CU)} for ${formatAmount(paid, ORION)}`,
      ]);
    });
  },
});
