import { Argument } from "commander";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseCredits, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { creditsEvent } from "./events.ts";
import { parsePositionId } from "./position-id.ts";

/** Burns credits of the signer against a position that has ended; resolves to the ORION (wei) paid to it. */
export async function deliverCredits(client: SigningClient, id: bigint, amount: bigint): Promise<bigint> {
  const { contracts, network } = client.chain;
  const data = contracts.credits.interface.encodeFunctionData("deliver", [id, amount]);
  const receipt = await client.sender.send({ to: network.addresses.credits, data, label: "deliver credits" });
  return creditsEvent(receipt, "PositionDelivered").paidToDeliverer as bigint;
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
      const paid = await deliverCredits(client, id, amount);
      invocation.terminal.result({ position: id, burned: amount, paid }, [
        `delivered ${formatAmount(amount, CU)} for ${formatAmount(paid, ORION)}`,
      ]);
    });
  },
});
