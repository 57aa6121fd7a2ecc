import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import {
  HardhatArtifactResolver,
  errorDeploymentResultToExceptionMessage,
} from "@nomicfoundation/hardhat-ignition/helpers";
import {
  DeploymentResultType,
  deploy,
  listTransactions,
  type DeploymentResult,
  type SuccessfulDeploymentResult,
} from "@nomicfoundation/ignition-core";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { EthereumProvider } from "hardhat/types/providers";

import { ConfigurationError, OrionError, UnavailableError } from "@orion/protocol/common";
import { parseNetworkFile, type NetworkFile } from "@orion/protocol/chain";

import config from "../hardhat.config.ts";
import { orionModule } from "./modules/Orion.ts";
import { loadParameters, type NetworkName, type Parameters } from "./parameters.ts";
import { progressListener, type DeployProgress } from "./progress.ts";
import { forgetUnfinished } from "./recover.ts";
import { seedPool, type SeedOutcome } from "./seed.ts";

export interface DeployOptions {
  /** JSON-RPC endpoint of any chain with Cancun. */
  readonly rpcUrl: string;
  /** Key that pays for the deployment, 32 bytes as 0x hex. It keeps no rights unless it is owner or treasury. */
  readonly privateKey: string;
  readonly parameters: NetworkName | Parameters;
  /** Name written into the network file; the parameters' name when left out. */
  readonly name?: string;
  /** Governs bounds and pauses instead of the governor's timelock; overrides the parameters. */
  readonly owner?: string;
  /** Receives all ORION and seeds the CU/ORION pool; overrides the parameters. If it is not the deployer, it seeds the pool later. */
  readonly treasury?: string;
  /** IPFS API written into the network file. */
  readonly ipfsUrl?: string;
  /** Where Ignition keeps its journal, so that an interrupted deployment resumes; nowhere on a chain of this machine. */
  readonly deploymentDir?: string;
  /** Where the network file is written; nowhere when left out. */
  readonly networkFile?: string;
  readonly onProgress?: (progress: DeployProgress) => void;
  /** Hears what became of the CU/ORION pool. */
  readonly onSeeded?: (outcome: SeedOutcome) => void;
}

/** The deployment did not end; what Ignition journalled is kept, and the same call resumes. */
export class DeploymentError extends OrionError {
  readonly code = "DEPLOYMENT";
  readonly retryable = true;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_IPFS_URL = "http://127.0.0.1:5001";
/** Chains that forget everything when they restart: a journal would only mislead. */
const EPHEMERAL_CHAINS: ReadonlySet<number> = new Set([31_337, 1_337]);
/** Blocks on top of a transaction before the next one builds on it. */
const CONFIRMATIONS = 3;
const LOCAL_POLLING_MS = 50;
const PUBLIC_POLLING_MS = 1_000;
const RPC_TIMEOUT_MS = 20_000;

interface Target {
  readonly provider: EthereumProvider;
  readonly artifacts: HardhatArtifactResolver;
  readonly chainId: number;
  /** First block that can hold a contract of this deployment, if it starts now. */
  readonly nextBlock: number;
}

/**
 * Deploys the whole network to a chain with Hardhat Ignition and returns (and writes) its network file.
 * On a public chain the journal in `deploymentDir` makes the call resumable: run again, it finishes what was begun, or
 * finds everything in place.
 * @throws ConfigurationError for wrong options, UnavailableError when the RPC does not answer, DeploymentError when a
 * transaction failed
 */
export async function deployOrion(options: DeployOptions): Promise<NetworkFile> {
  const parameters = await resolveParameters(options);
  const hre = await createHardhatRuntimeEnvironment(config, {}, ROOT);
  const connection = await hre.network.create({
    network: "custom",
    override: { url: options.rpcUrl, accounts: [checkedKey(options.privateKey)], timeout: RPC_TIMEOUT_MS },
  });
  try {
    const target = await connect(connection.provider, new HardhatArtifactResolver(hre.artifacts), options.rpcUrl);
    const deploymentDir = journalOf(options, target.chainId);
    const result = await runModule(target, parameters, deploymentDir, options.onProgress);
    const network = networkOf(options, target.chainId, await firstBlock(target, deploymentDir), result);
    if (options.networkFile !== undefined) await writeNetworkFile(options.networkFile, network);
    const seeded = await seedPool(network, options.privateKey, parameters.Orion, options.onProgress);
    options.onSeeded?.(seeded);
    return network;
  } finally {
    await connection.close();
  }
}

async function resolveParameters(options: DeployOptions): Promise<Parameters> {
  const { Orion: named } = await loadParameters(options.parameters);
  const overrides = {
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.treasury === undefined ? {} : { treasury: options.treasury }),
  };
  const parameters = await loadParameters({ Orion: { ...named, ...overrides } });
  if (options.parameters === "mainnet" && parameters.Orion.treasury === undefined) {
    throw new ConfigurationError("a deployment with mainnet parameters must name its treasury", {
      hint: "pass --treasury (a multi-signature account)",
    });
  }
  return parameters;
}

function checkedKey(privateKey: string): string {
  if (/^0x[0-9a-fA-F]{64}$/.test(privateKey)) return privateKey;
  throw new ConfigurationError("the deployer's key is not 32 bytes of 0x hex", {
    hint: "set ORION_PRIVATE_KEY to a key that holds gas money on this chain",
  });
}

async function connect(
  provider: EthereumProvider,
  artifacts: HardhatArtifactResolver,
  rpcUrl: string,
): Promise<Target> {
  try {
    const chainId = Number(await provider.request({ method: "eth_chainId" }));
    const nextBlock = Number(await provider.request({ method: "eth_blockNumber" })) + 1;
    return { provider, artifacts, chainId, nextBlock };
  } catch (cause) {
    // The path of an address often carries a key.
    throw new UnavailableError(`no chain answers at ${new URL(rpcUrl).host}`, {
      cause,
      hint: "start the node, or correct --rpc",
    });
  }
}

function journalOf(options: DeployOptions, chainId: number): string | undefined {
  if (options.deploymentDir !== undefined) return path.resolve(options.deploymentDir);
  if (EPHEMERAL_CHAINS.has(chainId)) return undefined;
  return path.join(ROOT, "deploy", "deployments", `chain-${String(chainId)}`);
}

async function runModule(
  target: Target,
  parameters: Parameters,
  deploymentDir: string | undefined,
  onProgress: DeployOptions["onProgress"],
): Promise<SuccessfulDeploymentResult> {
  if (deploymentDir !== undefined) await forgetUnfinished(deploymentDir, target.artifacts);
  const result = await runOnce(target, parameters, deploymentDir, onProgress).catch((cause: unknown) => {
    throw new DeploymentError(`the deployment stopped: ${messageOf(cause)}`, { cause, hint: RESUME_HINT });
  });
  if (result.type === DeploymentResultType.SUCCESSFUL_DEPLOYMENT) return result;
  throw new DeploymentError(errorDeploymentResultToExceptionMessage(result), { hint: RESUME_HINT });
}

async function runOnce(
  target: Target,
  parameters: Parameters,
  deploymentDir: string | undefined,
  onProgress: DeployOptions["onProgress"],
): Promise<DeploymentResult> {
  const isLocal = EPHEMERAL_CHAINS.has(target.chainId);
  const accounts = (await target.provider.request({ method: "eth_accounts" })) as string[];
  return await deploy({
    provider: target.provider,
    artifactResolver: target.artifacts,
    ignitionModule: orionModule(parameters.Orion),
    deploymentParameters: parameters as unknown as Record<string, never>,
    accounts,
    ...(deploymentDir === undefined ? {} : { deploymentDir }),
    ...(onProgress === undefined ? {} : { executionEventListener: progressListener(onProgress) }),
    config: {
      requiredConfirmations: isLocal ? 1 : CONFIRMATIONS,
      blockPollingInterval: isLocal ? LOCAL_POLLING_MS : PUBLIC_POLLING_MS,
    },
  });
}

const RESUME_HINT = "mend the cause and run it again: what is deployed already is kept";

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Block of the oldest contract: from the journal where there is one, as the deployment may have begun days ago. */
async function firstBlock(target: Target, deploymentDir: string | undefined): Promise<number> {
  if (deploymentDir === undefined) return target.nextBlock;
  const transactions = await listTransactions(deploymentDir, target.artifacts);
  const receipts = await Promise.all(
    transactions.map(({ txHash }) =>
      target.provider.request({ method: "eth_getTransactionReceipt", params: [txHash] }),
    ),
  );
  const blocks = receipts.flatMap((receipt) =>
    receipt === null ? [] : [Number((receipt as { blockNumber: string }).blockNumber)],
  );
  return Math.min(target.nextBlock, ...blocks);
}

function networkOf(
  options: DeployOptions,
  chainId: number,
  deployBlock: number,
  { contracts }: SuccessfulDeploymentResult,
): NetworkFile {
  const known = (contract: string): string | undefined => contracts[`Orion#${contract}`]?.address;
  const at = (contract: string): string => {
    const address = known(contract);
    if (address === undefined) throw new DeploymentError(`the deployment reports no ${contract}`);
    return address;
  };
  const network = {
    name: options.name ?? (typeof options.parameters === "string" ? options.parameters : "custom"),
    chainId,
    rpcUrl: options.rpcUrl,
    ipfsUrl: options.ipfsUrl ?? DEFAULT_IPFS_URL,
    deployBlock,
    addresses: {
      orion: at("OrionToken"),
      registry: at("ProviderRegistry"),
      credits: at("ComputeCredits"),
      disputes: at("DisputeManager"),
      market: at("JobMarket"),
      reserves: at("Reserves"),
      upkeep: at("MarketUpkeep"),
      dex: at("DePinDex"),
      mining: at("LiquidityMining"),
      buyAndPost: at("BuyAndPost"),
      governor: at("OrionGovernor"),
      timelock: at("OrionTimelock"),
      guardian: at("Guardian"),
      usdPrices: known("UsdPrices"),
    },
  };
  return parseNetworkFile(JSON.stringify(network), "the new network file");
}

/** Readers never see half a file: it is written beside and renamed. */
async function writeNetworkFile(file: string, network: NetworkFile): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${String(process.pid)}.tmp`;
  await writeFile(draft, `${JSON.stringify(network, undefined, 2)}\n`);
  await rename(draft, file);
}
