import { InvalidArgumentError, Option } from "commander";

import { reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import { ZeroAddress } from "ethers";

import { formatAmount, ORION } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import {
  decodeSetting,
  describeAction,
  encodeSetting,
  parseCall,
  parseSetting,
  settingOf,
  type Action,
  type WantedSetting,
} from "./actions.ts";
import { requireWithinLimits, simulateAction } from "./check-actions.ts";
import { actionLines } from "./proposal-lines.ts";
import { argumentsOf, findProposal, idText, type Proposal } from "./proposals.ts";
import { nextStep, readStanding } from "./standing.ts";

export interface ProposeOptions {
  /** Propose also what the contracts would refuse today. */
  readonly unchecked?: boolean;
  readonly onChecked?: (actions: readonly Action[]) => Promise<void>;
}

/** OpenZeppelin's governor lets a text that ends so be proposed by that account only. */
const BOUND = /#proposer=0x[0-9a-f]{40}$/i;

/**
 * Checks each action against its bounds and by asking its contract, then proposes them together. The text is bound to the signer, so that nobody
 * else makes the same proposal first, and cancels it.
 * @throws InvalidInputError before anything is signed: for a value out of bounds, too few votes, or a proposal that exists
 */
export async function propose(
  client: SigningClient,
  actions: readonly Action[],
  text: string,
  options: ProposeOptions = {},
): Promise<Proposal> {
  const { chain, sender } = client;
  const description = BOUND.test(text) ? text : `${text}\n#proposer=${sender.address}`;
  if (options.unchecked !== true) await checkActions(chain, actions);
  const [targets, values, calldatas, hash] = argumentsOf({ actions, description });
  await options.onChecked?.(actions);
  const id = await reading(chain, () => chain.contracts.governor.hashProposal(targets, values, calldatas, hash));
  await requireNew(chain, id);
  await requireVotes(chain, sender.address);
  await requireNoOther(chain, sender.address);
  const { interface: abi } = chain.contracts.governor;
  const data = abi.encodeFunctionData("propose", [targets, values, calldatas, description]);
  await sender.send({ to: chain.network.addresses.governor, data, label: "propose" });
  return findProposal(chain, idText(id));
}

async function checkActions(chain: Chain, actions: readonly Action[]): Promise<void> {
  for (const action of actions) {
    const setting = decodeSetting(chain.network, action);
    if (setting !== undefined) await requireWithinLimits(chain, setting);
    await simulateAction(chain, action, setting);
  }
}

async function requireNew(chain: Chain, id: bigint): Promise<void> {
  if ((await reading(chain, () => chain.contracts.governor.proposalSnapshot(id))) === 0n) return;
  throw new InvalidInputError(`this very proposal was made already: ${idText(id)}`, {
    hint: "follow it with `orion gov show`, or change the description to make another one",
  });
}

/** An account has one proposal whose vote has not ended. */
async function requireNoOther(chain: Chain, proposer: string): Promise<void> {
  const { governor } = chain.contracts;
  const last = await reading(chain, () => governor.lastProposal(proposer));
  if (last === 0n) return;
  const { state, voteEnd } = await readStanding(chain, await findProposal(chain, idText(last)));
  if (state !== "pending" && state !== "active") return;
  throw new InvalidInputError(`${proposer} has a proposal already whose vote has not ended: ${idText(last)}`, {
    hint: `propose again after ${formatTime(voteEnd)}, or \`orion gov cancel\` that one before its vote begins`,
  });
}

/** A proposer's votes count as they were a moment ago. */
async function requireVotes(chain: Chain, proposer: string): Promise<void> {
  const { governor, orion } = chain.contracts;
  const [threshold, clock] = await reading(chain, () => Promise.all([governor.proposalThreshold(), governor.clock()]));
  const votes = await reading(chain, () => governor.getVotes(proposer, clock - 1n));
  if (votes >= threshold) return;
  const [held, delegatee] = await reading(chain, () =>
    Promise.all([orion.balanceOf(proposer), orion.delegates(proposer)]),
  );
  const isIdle = held > 0n && delegatee === ZeroAddress;
  throw new InvalidInputError(
    `${proposer} has ${formatAmount(votes, ORION)} of votes, ${formatAmount(threshold, ORION)} are needed to propose`,
    {
      hint: isIdle
        ? `its ${formatAmount(held, ORION)} do not vote yet: \`orion gov delegate\`, and they count from the next second on`
        : "have more ORION delegated to this account, stake or lock more, or let somebody propose it who has more",
    },
  );
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly set?: readonly WantedSetting[];
  readonly call?: readonly Action[];
  readonly description: string;
  readonly unchecked?: true;
  readonly dryRun?: true;
}

const gather =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];

function parseDescription(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("Say why, for those who vote.");
}

export const govPropose = command<Flags>({
  name: "propose",
  summary: "propose changes of parameters, or other calls of the timelock, to a vote",
  details: `All changes of a proposal happen together or not at all. \`orion gov parameters\` lists the names, values and bounds; each change is checked before anything is
signed. A proposal needs votes of the proposer above the threshold. Its text gets a last line #proposer=0x…, which lets nobody else make this very proposal.`,
  options: [
    new Option(
      "--set <name=value>",
      "a parameter, such as credits.floor=2.5 or mining.rate:cu-orion=0.05; may be repeated",
    ).argParser(gather(parseSetting)),
    new Option("--call <target:calldata>", "any other call; may be repeated").argParser(gather(parseCall)),
    new Option("--description <text>", "why, for those who vote").argParser(parseDescription).makeOptionMandatory(),
    new Option("--unchecked", "propose also what the contracts would refuse today"),
    new Option("--dry-run", "check and show it; sign nothing"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion gov propose --set credits.floor=2.5 --description Safer --account treasury",
    "orion gov propose --set market.paused=true --set credits.paused=true --description Emergency --account treasury",
    "orion gov propose --set mining.rate:cu-orion=0.04 --set dex.protocolPart:cu-orion=1/10 --description Fees --dry-run",
  ],
  async run(invocation) {
    const { flags, terminal } = invocation;
    const wanted = [...(flags.set ?? []), ...(flags.call ?? [])];
    if (wanted.length === 0) {
      throw new InvalidInputError("there is nothing to propose", {
        hint: "name a change with --set, or a call with --call",
      });
    }
    await withSigningClient(invocation, async (client) => {
      const { chain } = client;
      const settings = await Promise.all((flags.set ?? []).map((each) => settingOf(chain, each)));
      const actions = [...settings.map((each) => encodeSetting(chain.network, each)), ...(flags.call ?? [])];
      const onChecked = async (): Promise<void> => {
        const words = await Promise.all(actions.map((action) => describeAction(chain, action, true)));
        if (flags.dryRun === true) terminal.result({ dryRun: true, actions }, actionLines(words));
        else actionLines(words).forEach((line) => terminal.note(line));
      };
      const options = { unchecked: flags.unchecked === true, onChecked };
      if (flags.dryRun === true) {
        if (flags.unchecked !== true) await checkActions(chain, actions);
        await onChecked();
        return;
      }
      const proposal = await propose(client, actions, flags.description, options);
      const standing = await readStanding(chain, proposal);
      terminal.result(
        { ...proposal, state: standing.state, transactions: client.transactions },
        facts([
          ["proposed", proposal.id],
          ["next", nextStep(proposal, standing)],
        ]),
      );
    });
  },
});
