import type { ChainProcess } from "./chain-process.ts";

/** From now on Hardhat's node mines at fixed times, as most networks do, whether there are transactions or not. */
export async function blocksEvery(chain: ChainProcess, seconds: number): Promise<void> {
  await chain.rpc("evm_setAutomine", [false]);
  await chain.rpc("evm_setIntervalMining", [seconds * 1_000]);
}

/** From now on it mines each transaction at once, as it does unless told otherwise. */
export async function automine(chain: ChainProcess): Promise<void> {
  await chain.rpc("evm_setIntervalMining", [0]);
  await chain.rpc("evm_setAutomine", [true]);
  // What was sent before waits for the next block.
  await chain.rpc("evm_mine");
}
