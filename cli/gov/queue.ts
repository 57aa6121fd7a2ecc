import { Argument } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatSpan, formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { argumentsOf, findProposal, parseProposalId, type Proposal } from "./proposals.ts";
import { inAnotherState, nextStep, readStanding, whyDefeated, type Standing } from "./standing.ts";

/**
 * Has a proposal that won wait in the timelock; anyone may. Resolves to where it stands then.
 * @throws InvalidInputError before anything is signed: the vote goes on, or was lost, or it is queued already
 */
export async function queueProposal(client: SigningClient, proposal: Proposal): Promise<Standing> {
  const { chain, sender } = client;
  requireWon(proposal, await readStanding(chain, proposal));
  const data = chain.contracts.governor.interface.encodeFunctionData("queue", argumentsOf(proposal));
  await sender.send({ to: chain.network.addresses.governor, data, label: "queue" });
  return readStanding(chain, proposal);
}

function requireWon(proposal: Proposal, standing: Standing): void {
  const { state, now, voteEnd } = standing;
  if (state === "succeeded") return;
  if (state === "pending" || state === "active") {
    throw new InvalidInputError(`it is not decided: the vote ends at ${formatTime(voteEnd)}`, {
      hint: `queue it in ${formatSpan(voteEnd + 1 - now)}, if it wins`,
    });
  }
  if (state === "defeated") {
    throw new InvalidInputError(`the proposal is defeated: ${whyDefeated(standing)}`, {
      hint: "propose it again with another description",
    });
  }
  throw inAnotherState(proposal, standing);
}

export const govQueue = command<KeyFlags & NetworkFlags>({
  name: "queue",
  summary: "have a proposal that won wait in the timelock",
  details: "Anyone may. It can be executed once the timelock's delay has passed.",
  args: [new Argument("<proposal>", "id of the proposal, or its first digits").argParser(parseProposalId)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion gov queue 0x3fa9c0 --account treasury"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const proposal = await findProposal(client.chain, invocation.args[0] as string);
      const standing = await queueProposal(client, proposal);
      const { state, executableAt } = standing;
      invocation.terminal.result(
        { proposal: proposal.id, state, executableAt, transactions: client.transactions },
        facts([
          ["queued", proposal.id],
          ["next", nextStep(proposal, standing)],
        ]),
      );
    });
  },
});
