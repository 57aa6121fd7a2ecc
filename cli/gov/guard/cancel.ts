import { Argument } from "commander";
import { toBeHex, ZeroHash } from "ethers";

import { contractInterface, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { withSigningClient, type SigningClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { argumentsOf, findProposal, parseProposalId, type Proposal } from "../proposals.ts";
import { inAnotherState, readStanding } from "../standing.ts";
import { readGuardian, requireGuardian } from "./read-guardian.ts";

/**
 * Cancels a queued proposal as the guardian.
 * @throws InvalidInputError before anything is signed: not the guardian, not queued, one that only sets the guardian, or the same was cancelled before
 */
export async function cancelByGuardian(client: SigningClient, proposal: Proposal): Promise<void> {
  const { chain, sender } = client;
  requireGuardian(await readGuardian(chain), sender.address);
  const standing = await readStanding(chain, proposal);
  if (standing.state === "pending" || standing.state === "active" || standing.state === "succeeded") {
    throw new InvalidInputError(`the proposal is ${standing.state}: the guardian cancels only what is queued`, {
      hint: "nothing happens before it is queued and the timelock's delay has passed",
    });
  }
  if (standing.state !== "queued") throw inAnotherState(proposal, standing);
  requireOrdinary(chain, proposal);
  const [targets, values, calldatas, hash] = argumentsOf(proposal);
  await requireFirst(chain, targets, values, calldatas);
  const salt = saltOf(chain.network.addresses.governor, hash);
  const args = [targets, values, calldatas, ZeroHash, salt] as const;
  const data = chain.contracts.guardian.interface.encodeFunctionData("veto", [...args]);
  await sender.send({ to: chain.network.addresses.guardian, data, label: "cancel as guardian" });
}

/** Under which the governor queues a proposal at the timelock. */
function saltOf(governor: string, descriptionHash: string): string {
  return toBeHex((BigInt(governor) << 96n) ^ BigInt(descriptionHash), 32);
}

function requireOrdinary({ network }: Chain, { actions }: Proposal): void {
  const selector = contractInterface("Guardian").getFunction("setGuardian")?.selector;
  const { guardian } = network.addresses;
  const onlySets = actions.every(({ target, calldata }) => target === guardian && calldata.slice(0, 10) === selector);
  if (!onlySets) return;
  throw new InvalidInputError("the proposal only sets the guardian: no guardian can cancel it");
}

async function requireFirst(chain: Chain, targets: string[], values: bigint[], calldatas: string[]): Promise<void> {
  const { guardian } = chain.contracts;
  const action = await reading(chain, () => guardian.hashAction(targets, values, calldatas));
  if (!(await reading(chain, () => guardian.vetoed(action)))) return;
  throw new InvalidInputError("a guardian has cancelled the same operation before: voters have decided it twice", {
    hint: "the same calls with another text are the same operation",
  });
}

export const guardCancel = command<KeyFlags & NetworkFlags>({
  name: "cancel",
  summary: "as the guardian, cancel a proposal that waits in the timelock",
  details: "The same calls once, whatever text proposes them again; never a proposal that only sets the guardian.",
  args: [new Argument("<proposal>", "id of the proposal, or its first digits").argParser(parseProposalId)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion gov guard cancel 0x3fa9c0 --account guardian"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const proposal = await findProposal(client.chain, invocation.args[0] as string);
      await cancelByGuardian(client, proposal);
      const { state } = await readStanding(client.chain, proposal);
      invocation.terminal.result({ proposal: proposal.id, state, transactions: client.transactions }, [
        `cancelled ${proposal.id}`,
      ]);
    });
  },
});
