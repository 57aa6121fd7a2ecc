import { Argument } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { argumentsOf, findProposal, parseProposalId, type Proposal } from "./proposals.ts";
import { inAnotherState, readStanding, type Standing } from "./standing.ts";

/**
 * Takes back a proposal of the signer whose vote has not begun.
 * @throws InvalidInputError before anything is signed: somebody else's, or its vote has begun; the hint says what can be done instead
 */
export async function cancelProposal(client: SigningClient, proposal: Proposal): Promise<void> {
  const { chain, sender } = client;
  requireCancellable(proposal, await readStanding(chain, proposal), sender.address);
  const data = chain.contracts.governor.interface.encodeFunctionData("cancel", argumentsOf(proposal));
  await sender.send({ to: chain.network.addresses.governor, data, label: "cancel" });
}

function requireCancellable(proposal: Proposal, standing: Standing, signer: string): void {
  const { id, proposer, voteStart, voteEnd } = proposal;
  const against = `\`orion gov vote ${id} against\``;
  switch (standing.state) {
    case "pending":
      if (signer === proposer) return;
      throw new InvalidInputError(`only its proposer ${proposer} may cancel it, the signer is ${signer}`, {
        hint: `name the proposer's key with --account, or vote against it after ${formatTime(voteStart)}: ${against}`,
      });
    case "active":
      throw new InvalidInputError("the vote has begun: nobody can cancel the proposal now", {
        hint: `vote against it until ${formatTime(voteEnd)}: ${against}`,
      });
    case "succeeded":
    case "queued":
      throw new InvalidInputError(`the proposal is ${standing.state}: nobody can cancel it now`, {
        hint: "nothing happens before the timelock's delay has passed: that is the time to leave; only another decision that is executed earlier can take it back",
      });
    default:
      throw inAnotherState(proposal, standing);
  }
}

export const govCancel = command<KeyFlags & NetworkFlags>({
  name: "cancel",
  summary: "take back a proposal of yours before its vote begins",
  details: "Only its proposer may, and only until then; afterwards it can only be voted down.",
  args: [new Argument("<proposal>", "id of the proposal, or its first digits").argParser(parseProposalId)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion gov cancel 0x3fa9c0 --account treasury"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const proposal = await findProposal(client.chain, invocation.args[0] as string);
      await cancelProposal(client, proposal);
      const { state } = await readStanding(client.chain, proposal);
      invocation.terminal.result({ proposal: proposal.id, state, transactions: client.transactions }, [
        `cancelled ${proposal.id}`,
      ]);
    });
  },
});
