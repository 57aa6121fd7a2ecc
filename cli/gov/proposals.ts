import { id as hashOf } from "ethers";
import { InvalidArgumentError } from "commander";

import { readEvents, type Chain, type OnBlocks } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { Action } from "./actions.ts";

/** A proposal as it was made. */
export interface Proposal {
  /** 0x and 64 hexadecimal digits. */
  readonly id: string;
  readonly proposer: string;
  readonly actions: readonly Action[];
  /** By its proposer, who may be anybody: never print it as it is. */
  readonly description: string;
  /** Chain time in seconds: votes count as they were then. */
  readonly voteStart: number;
  /** As planned; a quorum that is reached late moves it, see `Standing.voteEnd`. */
  readonly voteEnd: number;
}

const SHORTEST_PREFIX = 8;

/** All proposals, the oldest first, from the governor's events. */
export async function readProposals(chain: Chain, onBlocks?: OnBlocks): Promise<Proposal[]> {
  const { governor: address } = chain.network.addresses;
  const created = await readEvents(chain, { contract: "OrionGovernor", address, name: "ProposalCreated" }, onBlocks);
  return created.map((args) => proposalOf(args as unknown as CreatedArgs));
}

interface CreatedArgs {
  readonly proposalId: bigint;
  readonly proposer: string;
  readonly targets: readonly string[];
  /** `values` itself is a function of ethers' results. */
  readonly values: readonly bigint[];
  readonly calldatas: readonly string[];
  readonly voteStart: bigint;
  readonly voteEnd: bigint;
  readonly description: string;
}

function proposalOf(args: CreatedArgs): Proposal {
  const { proposalId, proposer, targets, values, calldatas, voteStart, voteEnd, description } = args;
  const actions = targets.map((target, i) => ({ target, value: values[i] ?? 0n, calldata: calldatas[i] ?? "0x" }));
  const [start, end] = [Number(voteStart), Number(voteEnd)];
  return { id: idText(proposalId), proposer, actions, description, voteStart: start, voteEnd: end };
}

export function idText(id: bigint): string {
  return `0x${id.toString(16).padStart(64, "0")}`;
}

/** The four arguments by which the governor knows a proposal. */
export function argumentsOf({
  actions,
  description,
}: Pick<Proposal, "actions" | "description">): [string[], bigint[], string[], string] {
  const targets = actions.map(({ target }) => target);
  const values = actions.map(({ value }) => value);
  return [targets, values, actions.map(({ calldata }) => calldata), hashOf(description)];
}

/** An id in hex or decimal, or the first hexadecimal digits of one. */
export function parseProposalId(text: string): string {
  if (/^0x[0-9a-fA-F]{6,64}$/.test(text)) return text.toLowerCase();
  if (/^\d{60,78}$/.test(text)) return idText(BigInt(text));
  throw new InvalidArgumentError(
    `Give a proposal's id as \`orion gov list\` shows it: 0x and 64 hexadecimal digits, or the first ${SHORTEST_PREFIX - 2}.`,
  );
}

/** @throws InvalidInputError when there is no such proposal, or several that begin so */
export async function findProposal(chain: Chain, idOrPrefix: string): Promise<Proposal> {
  const matches = (await readProposals(chain)).filter(({ id }) => id.startsWith(idOrPrefix));
  const [only, second] = matches;
  if (only === undefined) {
    throw new InvalidInputError(`there is no proposal ${idOrPrefix}`, { hint: "`orion gov list` shows them" });
  }
  if (second === undefined) return only;
  throw new InvalidInputError(`${matches.length} proposals begin with ${idOrPrefix}`, {
    hint: "give more digits of the id",
  });
}
