import { Argument } from "commander";

import { reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount, ORION } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { argumentsOf, findProposal, parseProposalId, type Proposal } from "./proposals.ts";
import { AT_NEXT, inAnotherState, readStanding, type Standing } from "./standing.ts";

/**
 * Takes back a proposal of the signer whose vote has not begun, or one whose proposer no longer has the votes that a proposal needs.
 * @throws InvalidInputError before anything is signed: somebody else's, or its vote has begun, while its proposer has the votes; or it is decided. The
 * hint says what can be done instead.
 */
export async function cancelProposal(client: SigningClient, proposal: Proposal): Promise<void> {
  const { chain, sender } = client;
  const standing = await readStanding(chain, proposal);
  const isLive = standing.state === "pending" || standing.state === "active";
  const lapse = isLive ? await lapseOf(chain, proposal, standing) : undefined;
  if (lapse?.hasLapsed !== true) requireCancellable(proposal, standing, sender.address, lapse);
  const data = chain.contracts.governor.interface.encodeFunctionData("cancel", argumentsOf(proposal));
  await sender.send({ to: chain.network.addresses.governor, data, label: "cancel" });
}

/** Whether a proposer has too few votes for a proposal now; the governor looks at the second before. */
interface Lapse {
  readonly votes: bigint;
  readonly threshold: bigint;
  readonly hasLapsed: boolean;
}

async function lapseOf(chain: Chain, { proposer }: Proposal, { now }: Standing): Promise<Lapse> {
  const { governor } = chain.contracts;
  const [votes, threshold] = await reading(chain, () =>
    Promise.all([governor.getVotes(proposer, now - 1, AT_NEXT), governor.proposalThreshold()]),
  );
  return { votes, threshold, hasLapsed: votes < threshold };
}

function requireCancellable(proposal: Proposal, standing: Standing, signer: string, lapse: Lapse | undefined): void {
  const { id, proposer, voteStart } = proposal;
  const { voteEnd } = standing;
  const held = lapse === undefined ? "" : `: its proposer has ${formatAmount(lapse.votes, ORION)} of votes`;
  const against = `\`orion gov vote ${id} against\``;
  switch (standing.state) {
    case "pending":
      if (signer === proposer) return;
      throw new InvalidInputError(
        `only its proposer ${proposer} may cancel it while that has the votes, the signer is ${signer}`,
        {
          hint: `name the proposer's key with --account, or vote against it after ${formatTime(voteStart)}: ${against}`,
        },
      );
    case "active":
      throw new InvalidInputError(`the vote has begun and nobody can cancel the proposal now${held}`, {
        hint: `vote against it until ${formatTime(voteEnd)}: ${against}`,
      });
    case "succeeded":
    case "queued":
      throw new InvalidInputError(`the proposal is ${standing.state}: only the guardian can cancel what is queued`, {
        hint: "nothing happens before the timelock's delay has passed: that is the time to leave; the guardian cancels it with `orion gov guard cancel`, and another decision that is executed earlier takes it back",
      });
    default:
      throw inAnotherState(proposal, standing);
  }
}

export const govCancel = command<KeyFlags & NetworkFlags>({
  name: "cancel",
  summary: "take back a proposal before its vote begins, or one whose proposer has lost its votes",
  details: `Its proposer may until the vote begins. Anybody may until the vote ends, once the proposer has fewer votes than a proposal needs. Otherwise it can only
be voted down.`,
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
