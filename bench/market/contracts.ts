import { MaxUint256 } from "ethers";

import type { Parameters } from "@orion/deploy";

import type { ComputeCredits } from "../../protocol/chain/generated/credits/ComputeCredits.js";
import type { DisputeManager } from "../../protocol/chain/generated/dispute/DisputeManager.js";
import type { DePinDex } from "../../protocol/chain/generated/exchange/DePinDex.js";
import type { LiquidityMining } from "../../protocol/chain/generated/exchange/LiquidityMining.js";
import type { BuyAndPost } from "../../protocol/chain/generated/market/BuyAndPost.js";
import type { JobMarket } from "../../protocol/chain/generated/market/JobMarket.js";
import type { ProviderRegistry } from "../../protocol/chain/generated/registry/ProviderRegistry.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";
import type { SimChain } from "./chain.ts";
import { SimulationError } from "./errors.ts";

export const FEE_TIER = 30;

/** The network's contracts, the canonical pool made, and who governs it and holds all ORION that is nobody else's. */
export interface Contracts {
  readonly orion: OrionToken;
  readonly credits: ComputeCredits;
  readonly dex: DePinDex;
  readonly mining: LiquidityMining;
  readonly registry: ProviderRegistry;
  readonly disputes: DisputeManager;
  readonly market: JobMarket;
  readonly buyAndPost: BuyAndPost;
  readonly at: Readonly<Record<ContractName, string>>;
  readonly treasury: string;
  readonly poolId: bigint;
  readonly key: { readonly token0: string; readonly token1: string; readonly fee: number };
  readonly parameters: Parameters["Orion"];
}

export type ContractName = "orion" | "credits" | "dex" | "mining" | "registry" | "disputes" | "market" | "buyAndPost";

/** Deploys everything and seeds the pool from a position of the treasury, due after the longest term like any other. */
export async function deployContracts({ ethers }: SimChain, p: Parameters["Orion"]): Promise<Contracts> {
  const [treasury] = await ethers.getSigners();
  if (treasury === undefined) throw new SimulationError("the chain has no account to deploy from");
  const deploy = async (name: string, ...args: unknown[]): Promise<unknown> => await ethers.deployContract(name, args);
  const orion = (await deploy("OrionToken", treasury)) as OrionToken;
  const registry = (await deploy("ProviderRegistry", orion)) as ProviderRegistry;
  const dex = (await deploy("DePinDex", treasury)) as DePinDex;
  const caps = [p.creditsFloor, p.creditsCap, p.creditsBootstrapCap, p.creditsMinDepth];
  const credits = (await deploy("ComputeCredits", orion, dex, treasury, treasury, ...caps)) as ComputeCredits;
  const judge = [await deploy("TensorVM"), [p.fast, p.standard, p.long, p.rollup]];
  const disputes = (await deploy("DisputeManager", ...judge)) as DisputeManager;
  const bounds = [p.lowestCollateral, p.highestCollateral, p.claimCollateral];
  const market = (await deploy("JobMarket", credits, registry, disputes, treasury, ...bounds)) as JobMarket;
  const mining = (await deploy("LiquidityMining", dex, orion, treasury, p.maxMiningRate)) as LiquidityMining;
  const buyAndPost = (await deploy("BuyAndPost", dex, market, credits)) as BuyAndPost;
  const named = { orion, credits, dex, mining, registry, disputes, market, buyAndPost };
  const addresses = await Promise.all(
    Object.entries(named).map(async ([name, contract]) => [name, (await contract.getAddress()).toLowerCase()] as const),
  );
  const at = Object.fromEntries(addresses) as Record<ContractName, string>;
  const [token0, token1] = BigInt(at.orion) < BigInt(at.credits) ? [at.orion, at.credits] : [at.credits, at.orion];
  const key = { token0, token1, fee: FEE_TIER };
  for (const spender of [credits, dex, mining]) await orion.approve(spender, MaxUint256);
  await credits.approve(dex, MaxUint256);
  await credits.open(p.seedCredits, p.seedOrion);
  const poolId = await credits.POOL();
  return { ...named, at, key, poolId, treasury: treasury.address.toLowerCase(), parameters: p };
}
