import { readFile } from "node:fs/promises";
import path from "node:path";

import { getAddress, Interface, toBeHex, toQuantity } from "ethers";

import type { NetworkFile } from "@orion/protocol/chain";

import { ROOT, startHardhat, type ChainProcess } from "../network/chain-process.ts";
import type { RawLog } from "./random-events.ts";

/** A log and the contract that seems to have written it. */
export interface EmittedLog extends RawLog {
  readonly emitter: string;
}

/** A real chain at whose contracts' addresses anything can be emitted. */
export interface EmittingChain {
  readonly chain: ChainProcess;
  readonly network: NetworkFile;
  /** Emits logs in order within one block, and gives its number. */
  emit(logs: readonly EmittedLog[]): Promise<number>;
}

const NAMES = [
  ...[
    "orion",
    "registry",
    "credits",
    "disputes",
    "market",
    "reserves",
    "upkeep",
    "dex",
    "mining",
    "buyAndPost",
    "governor",
    "timelock",
    "guardian",
    "usdPrices",
  ],
] as const;
/** Addresses that no real contract has. */
const addressOf = (index: number): string => getAddress(toBeHex(0xabc000 + index, 20));
const DRIVER = addressOf(NAMES.length);
const GAS = toQuantity(16_000_000);

/** Starts Hardhat's node and puts the emitting code where the network's contracts would be. */
export async function startEmittingChain(ipfsUrl: string): Promise<EmittingChain> {
  const chain = await startHardhat();
  const artifact = JSON.parse(
    await readFile(path.join(ROOT, "artifacts/contracts/mocks/LogEmitter.sol/LogEmitter.json"), "utf8"),
  ) as { abi: ConstructorParameters<typeof Interface>[0]; deployedBytecode: string };
  const abi = new Interface(artifact.abi);
  const addresses = Object.fromEntries(NAMES.map((name, index) => [name, addressOf(index)]));
  for (const address of [...Object.values(addresses), DRIVER]) {
    await chain.rpc("hardhat_setCode", [address, artifact.deployedBytecode]);
  }
  const network = { name: "local", chainId: 31_337, rpcUrl: chain.url, ipfsUrl, deployBlock: 1, addresses };
  const [from] = (await chain.rpc("eth_accounts")) as string[];
  return {
    chain,
    network: network as NetworkFile,
    async emit(logs) {
      const data = abi.encodeFunctionData("emitAll", [logs]);
      const hash = await chain.rpc("eth_sendTransaction", [{ from, to: DRIVER, data, gas: GAS }]);
      const receipt = (await chain.rpc("eth_getTransactionReceipt", [hash])) as { status: string; blockNumber: string };
      if (receipt.status !== "0x1") throw new Error("the emitter was refused");
      return Number(receipt.blockNumber);
    },
  };
}
