import { contractInterface, readLogs, reading, type Chain, type OnBlocks } from "@orion/protocol/chain";

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
  const abi = contractInterface("ComputeCredits");
  const address = chain.network.addresses.credits;
  const logs = await readLogs(chain, { address, topics: [abi.getEvent("PositionOpened")?.topicHash ?? ""] }, onBlocks);
  const ids = logs.map((log) => abi.parseLog(log)?.args.getValue("id") as bigint);
  const { credits } = chain.contracts;
  const all = await reading(chain, () => Promise.all(ids.map((id) => readPosition(credits, id))));
  return all.filter(({ debt }) => debt > 0n).sort((a, b) => Number(a.id - b.id));
}

export async function readPosition(credits: Chain["contracts"]["credits"], id: bigint): Promise<Position> {
  const { owner, end, debt, lock } = await credits.position(id);
  return { id, owner, end: Number(end), debt, lock };
}
