import { chainError, contractInterface } from "@orion/protocol/chain";

import type { Client } from "../core/client.ts";

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

const MAX_RANGE = 5_000;

/** The open positions of an owner, found by their events and read from the contract. */
export async function positionsOf({ chain }: Client, owner: string): Promise<Position[]> {
  const abi = contractInterface("ComputeCredits");
  const address = chain.network.addresses.credits;
  const topics = ["PositionOpened", "PositionTransferred"].map((name) => abi.getEvent(name)?.topicHash ?? "");
  try {
    const ids = new Set<bigint>();
    const head = await chain.provider.getBlockNumber();
    for (let from = chain.network.deployBlock; from <= head; from += MAX_RANGE) {
      const toBlock = Math.min(head, from + MAX_RANGE - 1);
      for (const log of await chain.provider.getLogs({ address, topics: [topics], fromBlock: from, toBlock })) {
        ids.add(abi.parseLog(log)?.args.getValue("id") as bigint);
      }
    }
    const all = await Promise.all([...ids].map((id) => readPosition(chain.contracts.credits, id)));
    return all.filter((position) => position.owner === owner && position.debt > 0n).sort((a, b) => Number(a.id - b.id));
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
}

export async function readPosition(credits: Client["chain"]["contracts"]["credits"], id: bigint): Promise<Position> {
  const { owner, end, debt, lock } = await credits.position(id);
  return { id, owner, end: Number(end), debt, lock };
}
