import { Argument, Option } from "commander";

import { reading } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount, ORION } from "../core/amounts.ts";
import { formatSpan, formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { findProposal, parseProposalId, type Proposal } from "./proposals.ts";
import { AT_NEXT, readStanding, type Standing } from "./standing.ts";

/** In the order of the governor's numbers. */
export const CHOICES = ["against", "for", "abstain"] as const;
export type Choice = (typeof CHOICES)[number];

/**
 * Votes with what the signer had when the vote began, delegated, staked and locked; resolves to that weight (ORION wei).
 * @throws InvalidInputError before anything is signed: too early, too late, voted already, or no votes
 */
export async function castVote(
  client: SigningClient,
  proposal: Proposal,
  choice: Choice,
  reason = "",
): Promise<bigint> {
  const { chain, sender } = client;
  const { governor } = chain.contracts;
  requireOpen(proposal, await readStanding(chain, proposal));
  const [weight, hasVoted] = await reading(chain, () =>
    Promise.all([
      governor.getVotes(sender.address, proposal.voteStart, AT_NEXT),
      governor.hasVoted(proposal.id, sender.address),
    ]),
  );
  if (hasVoted) throw new InvalidInputError(`${sender.address} has voted on this proposal already`);
  if (weight === 0n) {
    throw new InvalidInputError(
      `${sender.address} had no votes when the vote began at ${formatTime(proposal.voteStart)}`,
      {
        hint: "votes count as they were then; `orion gov delegate` makes the ORION that you hold count in the next vote, stake and locks count by themselves",
      },
    );
  }
  const support = CHOICES.indexOf(choice);
  const data = governor.interface.encodeFunctionData("castVoteWithReason", [proposal.id, support, reason]);
  await sender.send({ to: chain.network.addresses.governor, data, label: "vote" });
  return weight;
}

function requireOpen({ voteStart }: Proposal, { state, now, voteEnd }: Standing): void {
  if (state === "active") return;
  if (state === "pending") {
    throw new InvalidInputError(`the vote has not begun: it is open after ${formatTime(voteStart)}`, {
      hint: `vote in ${formatSpan(voteStart + 1 - now)}`,
    });
  }
  if (state === "cancelled") throw new InvalidInputError("the proposal is cancelled: there is no vote");
  throw new InvalidInputError(`the vote ended at ${formatTime(voteEnd)}: the proposal is ${state}`);
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly reason?: string;
}

export const govVote = command<Flags>({
  name: "vote",
  summary: "vote for or against a proposal, or abstain",
  details:
    "Counts what was delegated to the account, its stake and its locks as they were when the vote began. A vote can't be changed.",
  args: [
    new Argument("<proposal>", "id of the proposal, or its first digits").argParser(parseProposalId),
    new Argument("<choice>", "what you want").choices(CHOICES),
  ],
  options: [new Option("--reason <text>", "published with the vote"), ...keyOptions, ...networkOptions],
  examples: [
    "orion gov vote 0x3fa9c0 for --account treasury",
    "orion gov vote 0x3fa9c0 against --reason Unsafe --account treasury",
  ],
  async run(invocation) {
    const [id, choice] = invocation.args as unknown as [string, Choice];
    await withSigningClient(invocation, async (client) => {
      const proposal = await findProposal(client.chain, id);
      const weight = await castVote(client, proposal, choice, invocation.flags.reason);
      const standing = await readStanding(client.chain, proposal);
      const { for: yes, against, abstain, quorum } = standing;
      invocation.terminal.result(
        {
          proposal: proposal.id,
          choice,
          weight,
          for: yes,
          against,
          abstain,
          quorum,
          transactions: client.transactions,
        },
        [`voted ${choice} with ${formatAmount(weight, ORION)} on ${proposal.id}`],
      );
    });
  },
});
