import { readEvents, reading, type Chain, type OnBlocks } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount } from "../core/amounts.ts";

/** A debt of credits and the ORION that is locked for it. */
export interface Position {
  readonly id: bigint;
  readonly owner: string;
  /** Chain time in seconds from which anyone may deliver. */
  readonly end: number;
  /** CU base units. */
  readonly debt: bigint;
  /** ORION wei. */
  readonly lock: bigint;
}

/** The open positions of all owners, found by their events and read from the contract; the oldest first. */
export async function readPositions(chain: Chain, onBlocks?: OnBlocks): Promise<Position[]> {
  const address = chain.network.addresses.credits;
  const opened = await readEvents(chain, { contract: "ComputeCredits", address, name: "PositionOpened" }, onBlocks);
  const ids = opened.map(({ id }) => id as bigint);
  const { credits } = chain.contracts;
  const all = await reading(chain, () => Promise.all(ids.map((id) => readPosition(credits, id))));
  return all.filter(({ debt }) => debt > 0n).sort((a, b) => Number(a.id - b.id));
}

/** @throws InvalidInputError where there is no such position, or it is paid back */
export async function openPosition(chain: Chain, id: bigint): Promise<Position> {
  const position = await reading(chain, () => readPosition(chain.contracts.credits, id));
  if (position.debt > 0n) return position;
  throw new InvalidInputError(`there is no open position ${id}`, { hint: "`orion credits positions` lists them" });
}

/** @throws InvalidInputError with this hint when the position is not the signer's */
export function requireOwner({ id, owner }: Position, signer: string, hint: string): void {
  if (owner === signer) return;
  throw new InvalidInputError(`position ${id} belongs to ${owner}, the signer is ${signer}`, { hint });
}

/** @throws InvalidInputError when the position owes less than `amount` CU (base units) */
export function requireDebt({ id, debt }: Position, amount: bigint): void {
  if (amount <= debt) return;
  throw new InvalidInputError(`position ${id} owes ${formatAmount(debt, CU)}, less than ${formatAmount(amount, CU)}`);
}

export async function readPosition(credits: Chain["contracts"]["credits"], id: bigint): Promise<Position> {
  const { owner, end, debt, lock } = await credits.position(id);
  return { id, owner, end: Number(end), debt, lock };
}
