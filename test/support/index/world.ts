import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { JsonRpcProvider, toQuantity } from "ethers";

import { deployOrion } from "@orion/deploy";
import { contractsAt, type Contracts, type NetworkFile } from "@orion/protocol/chain";
import { startIpfsNode } from "@orion/protocol/storage";

import { startIndex } from "../../../cli/indexer/start-index.ts";
import type { ChainProcess } from "../network/chain-process.ts";
import { untilIndexed } from "./graphql.ts";

/** First account of the development nodes' published mnemonic; it deploys and holds all ORION. */
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const GAS = toQuantity(12_000_000);
const RECEIPT_MS = 5;

/** A chain with the network on it, and the index beside it. */
export interface World {
  readonly chain: ChainProcess;
  readonly network: NetworkFile;
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  /** The node's own accounts, which sign without keys; the first is the treasury. */
  readonly accounts: readonly string[];
  readonly indexUrl: string;
  /** Sends a transaction; false if it was refused and changed nothing. */
  act(from: string, to: string, data: string, value?: bigint): Promise<boolean>;
  /** Moves the clock on and mines a block. */
  pass(seconds: number): Promise<void>;
  head(): Promise<number>;
  /** Resolves when the index has taken in the chain's head, and gives its number. */
  indexed(): Promise<number>;
  stop(): Promise<void>;
}

/** Deploys the network to a chain and starts the index; the timelock's account is unlocked, so that a test can govern without waiting. */
export async function startWorld(chain: ChainProcess): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), "orion-index-"));
  const ipfs = await startIpfsNode({ dataDir: path.join(folder, "ipfs"), port: 0 });
  const network = await deployOrion({
    rpcUrl: chain.url,
    privateKey: DEPLOYER_KEY,
    parameters: "local",
    ipfsUrl: ipfs.url,
  });
  const provider = new JsonRpcProvider(chain.url, network.chainId, { staticNetwork: true, cacheTimeout: -1 });
  const index = await startIndex({ network, dataDir: path.join(folder, "index") });
  await chain.rpc("hardhat_impersonateAccount", [network.addresses.timelock]);
  await chain.rpc("hardhat_setBalance", [network.addresses.timelock, toQuantity(10n ** 20n)]);
  const head = async (): Promise<number> => Number(await chain.rpc("eth_blockNumber"));
  return {
    ...{ chain, network, provider, contracts: contractsAt(network, provider), indexUrl: index.url, head },
    accounts: (await chain.rpc("eth_accounts")) as string[],
    act: (from, to, data, value = 0n) => send(chain, { from, to, data, gas: GAS, value: toQuantity(value) }),
    async pass(seconds) {
      await chain.rpc("evm_increaseTime", [seconds]);
      await chain.rpc("evm_mine");
    },
    async indexed() {
      const number = await head();
      const block = (await chain.rpc("eth_getBlockByNumber", [toQuantity(number), false])) as { hash: string };
      await untilIndexed(index.url, number, block.hash);
      return number;
    },
    async stop() {
      await index.stop();
      provider.destroy();
      await ipfs.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A refused transaction is an error of the call, or a receipt that says so, depending on the node. */
async function send(chain: ChainProcess, transaction: Record<string, string>): Promise<boolean> {
  const hash = await chain.rpc("eth_sendTransaction", [transaction]).catch((error: unknown) => {
    if (/revert|custom error|exception/i.test((error as Error).message)) return undefined;
    throw error;
  });
  if (hash === undefined) return false;
  for (;;) {
    const receipt = (await chain.rpc("eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt !== null) return receipt.status === "0x1";
    await delay(RECEIPT_MS);
  }
}
