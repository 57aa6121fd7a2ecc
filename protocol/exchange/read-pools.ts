import { contractInterface, poolIdOf, reading, type Chain, type PoolKey } from "../chain/index.ts";
import type { Pool } from "./pool.ts";

/** Largest block range asked for at once; providers limit it. */
const MAX_RANGE = 5_000;

/** All pools of the exchange, found by their events, as they stand now; in the order in which they were made. */
export async function readPools(chain: Chain): Promise<Pool[]> {
  const keys = await readPoolKeys(chain);
  return Promise.all(keys.map((key) => readPool(chain, key)));
}

/** One pool as it stands now: empty, with a supply of 0, where there is none. */
export async function readPool(chain: Chain, { token0, token1, fee }: PoolKey): Promise<Pool> {
  const { dex } = chain.contracts;
  const id = poolIdOf({ token0, token1, fee });
  const [[reserve0, reserve1], [, , part], supply] = await reading(chain, () =>
    Promise.all([dex.reservesOf(id), dex.trackOf(id), dex.totalSupply(id)]),
  );
  return { id, token0, token1, fee, reserve0, reserve1, supply, protocolPart: Number(part) };
}

async function readPoolKeys(chain: Chain): Promise<PoolKey[]> {
  const abi = contractInterface("DePinDex");
  const address = chain.network.addresses.dex;
  const topics = [abi.getEvent("PoolCreated")?.topicHash ?? null];
  const head = await reading(chain, () => chain.provider.getBlockNumber());
  const keys: PoolKey[] = [];
  for (let from = chain.network.deployBlock; from <= head; from += MAX_RANGE) {
    const toBlock = Math.min(head, from + MAX_RANGE - 1);
    for (const log of await reading(chain, () =>
      chain.provider.getLogs({ address, topics, fromBlock: from, toBlock }),
    )) {
      const args = abi.parseLog(log)?.args;
      if (args === undefined) continue;
      const [token0, token1] = [args.getValue("token0") as string, args.getValue("token1") as string];
      keys.push({ token0, token1, fee: Number(args.getValue("fee")) });
    }
  }
  return keys;
}
