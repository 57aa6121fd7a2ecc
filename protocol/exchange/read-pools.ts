import { contractInterface, poolIdOf, readLogs, reading, type Chain, type PoolKey } from "../chain/index.ts";
import type { Pool } from "./pool.ts";

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
  const logs = await readLogs(chain, { address, topics: [abi.getEvent("PoolCreated")?.topicHash ?? null] });
  return logs.flatMap((log) => {
    const args = abi.parseLog(log)?.args;
    if (args === undefined) return [];
    const [token0, token1] = [args.getValue("token0") as string, args.getValue("token1") as string];
    return [{ token0, token1, fee: Number(args.getValue("fee")) }];
  });
}
