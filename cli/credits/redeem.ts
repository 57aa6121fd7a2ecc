import { Argument } from "commander";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { eventOf } from "../core/events.ts";
import { keyOptions, networkOptions, parseCredits, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { CREDITS_HINT, requireBalance } from "../core/tokens.ts";
import { parsePositionId } from "./position-id.ts";
import { openPosition, requireDebt, requireOwner } from "./positions.ts";

/**
 * Burns credits of the signer, who owns the position, and frees their part of its ORION (wei, returned).
 * @throws InvalidInputError before anything is signed: no such position, somebody else's, one that owes less, or the signer holds less
 */
export async function redeemCredits(client: SigningClient, id: bigint, amount: bigint): Promise<bigint> {
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  const position = await openPosition(client.chain, id);
  const hint = "name its owner's key with --account; after its end anybody may `orion credits deliver` against it";
  requireOwner(position, client.sender.address, hint);
  requireDebt(position, amount);
  await requireBalance(client, { token: contracts.credits, unit: CU, amount, hint: CREDITS_HINT });
  const data = contracts.credits.interface.encodeFunctionData("redeem", [id, amount]);
  const receipt = await client.sender.send({ to: credits, data, label: "redeem credits" });
  return eventOf(receipt, "ComputeCredits", credits, "PositionRedeemed").released as bigint;
}

export const creditsRedeem = command<KeyFlags & NetworkFlags>({
  name: "redeem",
  summary: "burn credits to free the ORION of a position of yours",
  args: [
    new Argument("<position>", "number of the position").argParser(parsePositionId),
    new Argument("<amount>", "CU").argParser(parseCredits),
  ],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion credits redeem 3 10 --account engineer"],
  async run(invocation) {
    const [id, amount] = invocation.args as unknown as [bigint, bigint];
    await withSigningClient(invocation, async (client) => {
      const released = await redeemCredits(client, id, amount);
      invocation.terminal.result({ position: id, burned: amount, released, transactions: client.transactions }, [
        `burned ${formatAmount(amount, CU)} and released ${formatAmount(released, ORION)} of position ${id}`,
      ]);
    });
  },
});
