import { Argument } from "commander";
import { ZeroAddress } from "ethers";

import { reading } from "@orion/protocol/chain";

import { formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";

/** Gives the votes of the signer's ORION to an account; resolves to all that is delegated to the account then (ORION wei). */
export async function delegateVotes(client: SigningClient, to: string): Promise<bigint> {
  const { contracts, network } = client.chain;
  const data = contracts.orion.interface.encodeFunctionData("delegate", [to]);
  await client.sender.send({ to: network.addresses.orion, data, label: "delegate votes" });
  return reading(client.chain, () => contracts.orion.getVotes(to));
}

export const govDelegate = command<KeyFlags & NetworkFlags>({
  name: "delegate",
  summary: "let the ORION that you hold vote, by yourself or by somebody else",
  details: `ORION that you hold votes only once it is delegated; stake and locks vote by themselves. What counts in a vote is the delegation at its beginning, so delegate before. It can be changed at any time and
moves no ORION.`,
  args: [new Argument("[address]", "who votes (default: the signer itself)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: [
    "orion gov delegate --account treasury",
    "orion gov delegate 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account engineer",
  ],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const to = (invocation.args[0] as string | undefined) ?? client.sender.address;
      const votes = await delegateVotes(client, to);
      const line =
        to === ZeroAddress
          ? `the ORION of ${client.sender.address} votes no more`
          : `${to} now has ${formatAmount(votes, ORION)} of delegated votes`;
      invocation.terminal.result({ delegatee: to, votes, transactions: client.transactions }, [line]);
    });
  },
});
