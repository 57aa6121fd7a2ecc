import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";

import type { NetworkFile } from "@orion/protocol/chain";
import { AbortedError, ConfigurationError } from "@orion/protocol/common";
import { lockFolder, type FolderLock } from "@orion/protocol/common/node";
import { startIpfsNode, type IpfsNode } from "@orion/protocol/storage";

import { connect, withSigner } from "../core/client.ts";
import { keysFolder, NETWORK_FILE, passwordFile } from "../core/home.ts";
import { unlessEnded, type Child } from "../process/child.ts";
import { DEV_ACCOUNTS, devWallets, type DevWallets } from "./accounts.ts";
import { startChain } from "./chain-process.ts";
import { fundCoin, fundTokens } from "./fund.ts";
import { liveThroughPast } from "./past.ts";
import { claimPort } from "./ports.ts";

export interface DevnetOptions {
  /** Folder of the network file, the keys and the content. */
  readonly dataDir: string;
  /** Ports of the chain and of IPFS; 0 takes a free one. */
  readonly port: number;
  readonly ipfsPort: number;
  /** Forget keys and content of earlier starts. */
  readonly reset?: boolean;
  readonly onStep?: (label: string) => void;
  readonly signal?: AbortSignal;
}

/** A whole network on this machine: chain, contracts, IPFS, funded accounts. */
export interface Devnet {
  readonly network: NetworkFile;
  readonly networkFile: string;
  readonly dataDir: string;
  readonly wallets: DevWallets;
  readonly chain: Child;
  stop(): Promise<void>;
}

/**
 * Starts a local network; the contracts must be compiled. Keys and content of an earlier start are kept, the chain begins anew.
 * @throws ConfigurationError for a folder that cannot be used or that another network uses, or for a taken port, ChildEndedError when the chain dies, AbortedError
 */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const dataDir = path.resolve(options.dataDir);
  const lock = await ownFolder(dataDir);
  try {
    const devnet = await startIn(dataDir, options);
    const stop = (): Promise<void> => devnet.stop().finally(() => lock.release());
    return { ...devnet, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Nothing in it is touched before: another network may live on it. */
async function ownFolder(dataDir: string): Promise<FolderLock> {
  let lock: FolderLock | undefined;
  try {
    await mkdir(dataDir, { recursive: true });
    lock = lockFolder(dataDir);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`cannot use the folder ${dataDir}: ${reason}`, {
      cause,
      hint: "name a writable folder with --data-dir",
    });
  }
  if (lock !== undefined) return lock;
  throw new ConfigurationError(`a network with the data in ${dataDir} is running already`, {
    hint: "use that one, or choose another folder with --data-dir",
  });
}

async function startIn(dataDir: string, options: DevnetOptions): Promise<Devnet> {
  const networkFile = path.join(dataDir, NETWORK_FILE);
  const port = await claimPort(options.port, "--port");
  const ipfsPort = await claimPort(options.ipfsPort, "--ipfs-port");
  if (options.reset === true) await forget(dataDir);
  const step = (label: string): void => {
    if (options.signal?.aborted === true) throw new AbortedError("stopped while the network was starting");
    options.onStep?.(label);
  };
  step("starting the chain");
  const { child: chain, url: rpcUrl } = await startChain(port, options.signal);
  let ipfs: IpfsNode | undefined;
  const stop = async (): Promise<void> => {
    await rm(networkFile, { force: true });
    await Promise.all([chain.stop(), ipfs?.stop()]);
  };
  try {
    step("starting IPFS");
    ipfs = await startIpfsNode({ dataDir: path.join(dataDir, "ipfs"), port: ipfsPort });
    const wallets = await devWallets(dataDir);
    await fundCoin(rpcUrl, wallets);
    step("deploying the contracts");
    // Loaded only here: no other command needs Hardhat, which is nearly half of all that there is to load.
    const { deployOrion } = await import("@orion/deploy");
    const deployment = deployOrion({
      rpcUrl,
      privateKey: wallets.treasury.privateKey,
      parameters: "local",
      ipfsUrl: ipfs.url,
      networkFile,
      onProgress: ({ contract, step: done }) => {
        if (done === "deployed") options.onStep?.(`deployed ${contract}`);
      },
    });
    const network = await unlessEnded([chain], deployment);
    step("funding the accounts");
    await unlessEnded(
      [chain],
      fund(network, wallets, () => step("living through nine days: a vote, a week of prices")),
    );
    return { network, networkFile, dataDir, wallets, chain, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fund(network: NetworkFile, wallets: DevWallets, onPast: () => void): Promise<void> {
  const client = await connect(network);
  try {
    const treasury = withSigner(client, wallets.treasury);
    await fundTokens(treasury, wallets);
    onPast();
    await liveThroughPast(treasury);
  } finally {
    client.chain.close();
  }
}

/** Removes what earlier starts have made. Keys that somebody else put there stay, and the password that they may have. */
async function forget(dataDir: string): Promise<void> {
  const entries = [NETWORK_FILE, "ipfs", "workers", "transactions", "checkpoints"].map((name) =>
    path.join(dataDir, name),
  );
  const keys = DEV_ACCOUNTS.map((name) => path.join(keysFolder(dataDir), `${name}.json`));
  for (const entry of [...entries, ...keys]) await rm(entry, { recursive: true, force: true });
  const left = await readdir(keysFolder(dataDir)).catch(() => []);
  if (left.length === 0) await rm(passwordFile(dataDir), { force: true });
}
