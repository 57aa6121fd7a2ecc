import { Argument } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatSpan, formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { describeAction } from "./actions.ts";
import { actionLines } from "./proposal-lines.ts";
import { argumentsOf, findProposal, parseProposalId, type Proposal } from "./proposals.ts";
import { inAnotherState, readStanding, type Standing } from "./standing.ts";

/**
 * Does what was decided; anyone may, once its time has come.
 * @throws InvalidInputError before anything is signed: not queued, or too early; RevertError when one of its calls is refused
 */
export async function executeProposal(client: SigningClient, proposal: Proposal): Promise<void> {
  const { chain, sender } = client;
  requireDue(proposal, await readStanding(chain, proposal));
  const data = chain.contracts.governor.interface.encodeFunctionData("execute", argumentsOf(proposal));
  // The calls are made with what the timelock holds and what comes along.
  const value = proposal.actions.reduce((sum, action) => sum + action.value, 0n);
  await sender.send({ to: chain.network.addresses.governor, data, value, label: "execute" });
}

function requireDue(proposal: Proposal, standing: Standing): void {
  const { state, now, executableAt } = standing;
  if (state === "succeeded") {
    throw new InvalidInputError("the proposal has won and is not queued", { hint: "`orion gov queue` it first" });
  }
  if (state !== "queued") throw inAnotherState(proposal, standing);
  if (now >= executableAt) return;
  throw new InvalidInputError(`it is too early: the timelock lets it happen at ${formatTime(executableAt)}`, {
    hint: `execute it in ${formatSpan(executableAt - now)}`,
  });
}

export const govExecute = command<KeyFlags & NetworkFlags>({
  name: "execute",
  summary: "do what was decided, once it has waited in the timelock",
  details: "Anyone may. Its calls happen together or not at all.",
  args: [new Argument("<proposal>", "id of the proposal, or its first digits").argParser(parseProposalId)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion gov execute 0x3fa9c0 --account treasury"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const { chain } = client;
      const proposal = await findProposal(chain, invocation.args[0] as string);
      await executeProposal(client, proposal);
      const words = await Promise.all(proposal.actions.map((action) => describeAction(chain, action, false)));
      invocation.terminal.result(
        { proposal: proposal.id, state: "executed", actions: words, transactions: client.transactions },
        [`executed ${proposal.id}`, ...actionLines(words)],
      );
    });
  },
});
