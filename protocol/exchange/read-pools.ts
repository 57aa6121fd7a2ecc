import { poolIdOf, readEvents, reading, type Chain, type PoolKey } from "../chain/index.ts";
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
  const address = chain.network.addresses.dex;
  const created = await readEvents(chain, { contract: "DePinDex", address, name: "PoolCreated" });
  return created.map(({ token0, token1, fee }) => ({
    token0: token0 as string,
    token1: token1 as string,
    fee: Number(fee),
  }));
}
