import { Argument } from "commander";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { describeAction } from "./actions.ts";
import { proposalLines } from "./proposal-lines.ts";
import { findProposal, parseProposalId } from "./proposals.ts";
import { readStanding, type ProposalState } from "./standing.ts";

/** Until then the values that it changes are still the old ones. */
const OPEN: readonly ProposalState[] = ["pending", "active", "succeeded", "queued"];

export const govShow = command<NetworkFlags>({
  name: "show",
  summary: "show a proposal: what it does in words, votes, quorum, times",
  args: [new Argument("<proposal>", "id of the proposal, or its first digits").argParser(parseProposalId)],
  options: [...networkOptions],
  examples: ["orion gov show 0x3fa9c0"],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const proposal = await findProposal(chain, invocation.args[0] as string);
      const standing = await readStanding(chain, proposal);
      const isOpen = OPEN.includes(standing.state);
      const words = await Promise.all(proposal.actions.map((action) => describeAction(chain, action, isOpen)));
      const actions = proposal.actions.map((action, i) => ({ ...action, ...words[i] }));
      invocation.terminal.result({ ...proposal, ...standing, actions }, proposalLines(proposal, standing, words));
    });
  },
});
