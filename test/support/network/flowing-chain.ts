import { startChain } from "../../../cli/devnet/chain-process.ts";
import { rpc } from "../../../cli/devnet/rpc.ts";
import { freePort, type ChainProcess } from "./chain-process.ts";

/** The chain of `orion devnet`: its time flows as the clock does, however many transactions there are. */
export async function startFlowingChain(): Promise<ChainProcess> {
  const { url, child } = await startChain(await freePort());
  return { url, rpc: (method, params = []) => rpc(url, method, params), stop: () => child.stop() };
}
