import { Option } from "commander";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";

/** Lets the network's market lock the signer's stake there, or stops new locks. */
export async function authorise(client: SigningClient, allowed: boolean): Promise<void> {
  const { contracts, network } = client.chain;
  const { registry, market } = network.addresses;
  const data = contracts.registry.interface.encodeFunctionData("authorise", [market, allowed]);
  await client.sender.send({ to: registry, data, label: "authorise" });
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly revoke?: true;
}

export const providerAuthorise = command<Flags>({
  name: "authorise",
  summary: "let the market lock your stake for claims",
  details:
    "Only this market can then lock, and slash, what you have staked there. Revoking stops new locks; running ones stay.",
  options: [new Option("--revoke", "stop new locks instead"), ...keyOptions, ...networkOptions],
  examples: ["orion provider authorise --account worker", "orion provider authorise --revoke"],
  async run(invocation) {
    const authorised = invocation.flags.revoke !== true;
    await withSigningClient(invocation, async (client) => {
      await authorise(client, authorised);
      const { market } = client.chain.network.addresses;
      invocation.terminal.result(
        { provider: client.sender.address, market, authorised, transactions: client.transactions },
        [`the market ${market} ${authorised ? "may now lock your stake" : "may lock no more of your stake"}`],
      );
    });
  },
});
