import type { World } from "./world.ts";

/** Keys of the reserves that are not paid out, oldest first: told by the contract's events, of which each look reads only those since the last one. */
export function openReserves(world: World): () => Promise<string[]> {
  const { provider, network } = world;
  const { reserves } = world.contracts;
  const open = new Set<string>();
  let next = network.deployBlock;
  return async () => {
    const last = await world.head();
    if (last >= next) {
      const logs = await provider.getLogs({ address: network.addresses.reserves, fromBlock: next, toBlock: last });
      for (const log of logs) {
        const event = reserves.interface.parseLog(log);
        const key = String(event?.args[0]);
        if (event?.name === "Reserved") open.add(key);
        if (event?.name === "Resolved") open.delete(key);
      }
      next = last + 1;
    }
    return [...open];
  };
}
