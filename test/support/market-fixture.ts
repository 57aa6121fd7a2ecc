import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { ZeroAddress, ZeroHash, id, parseEther } from "ethers";

import { loadParameters, type Parameters } from "@orion/deploy";
import type { Terms } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";

import type { MarketUpkeep } from "../../protocol/chain/generated/chainlink/MarketUpkeep.js";
import type { ComputeCredits } from "../../protocol/chain/generated/credits/ComputeCredits.js";
import type { DePinDex } from "../../protocol/chain/generated/exchange/DePinDex.js";
import type { JobMarket } from "../../protocol/chain/generated/market/JobMarket.js";
import type { Reserves } from "../../protocol/chain/generated/market/Reserves.js";
import type { DisputeManager } from "../../protocol/chain/generated/dispute/DisputeManager.js";
import type { ProviderRegistry } from "../../protocol/chain/generated/registry/ProviderRegistry.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";

import { openCredits } from "./open-credits.ts";

export const CU = CREDIT;
export const ORION = 10n ** 18n;
export const DAY = 86_400;

/** Index of the profile with the shortest clocks. */
export const FAST = 0;

export interface MarketFixture {
  readonly ethers: Connection["ethers"];
  readonly helpers: Connection["networkHelpers"];
  readonly time: Connection["networkHelpers"]["time"];
  readonly parameters: Parameters["Orion"];
  readonly orion: OrionToken;
  readonly registry: ProviderRegistry;
  /** With the canonical pool alone. */
  readonly dex: DePinDex;
  readonly credits: ComputeCredits;
  readonly disputes: DisputeManager;
  readonly market: JobMarket;
  readonly reserves: Reserves;
  readonly upkeep: MarketUpkeep;
  /** Owner of market and credits, and treasury. */
  readonly owner: HardhatEthersSigner;
  readonly poster: HardhatEthersSigner;
  readonly keeper: HardhatEthersSigner;
  readonly workers: readonly [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner];
  readonly stranger: HardhatEthersSigner;
  /** Complete terms of a small job of the poster, with the given fields replaced; each call has a salt of its own. */
  terms(overrides?: Partial<Terms>): Terms;
  /** Brings the fixture back to the state in which it was made. */
  reset(): Promise<void>;
}

type Connection = Awaited<ReturnType<typeof hre.network.create>>;

const CREDITS_MINTED = 100_000n * CU;
const STAKE = 1_000_000n * ORION;

/**
 * The network in an in-process chain, deployed with the local parameters. The
 * poster holds credits and has approved the market; three workers have staked and authorised it.
 */
export async function deployMarketFixture(
  pool = { credits: 1_000n * CU, orion: 1_000n * ORION },
): Promise<MarketFixture> {
  const connection = await hre.network.create();
  const { ethers, networkHelpers } = connection;
  const [owner, poster, keeper, first, second, third, stranger] = await ethers.getSigners();
  if (!owner || !poster || !keeper || !first || !second || !third || !stranger) throw new Error("too few accounts");
  const { Orion: parameters } = await loadParameters("local");
  const p = parameters;
  const deploy = async (name: string, ...args: unknown[]): Promise<unknown> => await ethers.deployContract(name, args);
  const orion = (await deploy("OrionToken", owner)) as OrionToken;
  const registry = (await deploy("ProviderRegistry", orion)) as ProviderRegistry;
  const dex = (await deploy("DePinDex", owner)) as DePinDex;
  const caps = [p.creditsFloor, p.creditsCap, p.creditsBootstrapCap, p.creditsMinDepth];
  const credits = (await deploy("ComputeCredits", orion, dex, owner, owner, ...caps)) as ComputeCredits;
  const profiles = [p.fast, p.standard, p.long, p.rollup];
  const disputes = (await deploy("DisputeManager", await deploy("TensorVM"), profiles)) as DisputeManager;
  const bounds = [p.lowestCollateral, p.highestCollateral, p.claimCollateral];
  const market = (await deploy("JobMarket", credits, registry, disputes, owner, ...bounds)) as JobMarket;
  const reserves = await ethers.getContractAt("Reserves", await market.RESERVES());
  const upkeep = (await deploy("MarketUpkeep", market)) as MarketUpkeep;
  await credits.setMarket(market);
  const workers = [first, second, third] as const;

  await openCredits({ orion, credits }, owner, pool);
  await credits.mint(CREDITS_MINTED, 30 * DAY, 2n ** 128n - 1n, poster);
  await credits.connect(poster).approve(market, 2n ** 256n - 1n);
  for (const worker of workers) {
    await orion.transfer(worker, 2n * STAKE);
    await orion.connect(worker).approve(registry, 2n ** 256n - 1n);
    await registry.connect(worker).stake(worker, market, STAKE);
    await registry.connect(worker).authorise(market, true);
  }
  const snapshot = await networkHelpers.takeSnapshot();
  let jobs = 0;
  const terms = (overrides: Partial<Terms> = {}): Terms => ({
    poster: poster.address,
    salt: id(`salt ${String((jobs += 1))}`),
    programRoot: id("program"),
    dataset: id("dataset"),
    inputsRoot: id("inputs"),
    challengers: ZeroHash,
    rows: 64n,
    shards: 1,
    shardsPerClaim: 1,
    workPerShard: CU / 10n,
    pricePerShard: CU / 8n,
    keeper: keeper.address,
    keeperFee: CU / 100n,
    collateralPerClaim: parseEther("2"),
    options: FAST,
    ...overrides,
  });
  return {
    ethers,
    helpers: networkHelpers,
    time: networkHelpers.time,
    parameters,
    ...{ orion, registry, dex, credits, disputes, market, reserves, upkeep },
    ...{ owner, poster, keeper, workers, stranger, terms },
    reset: () => snapshot.restore(),
  };
}

/** No keeper and no fee for one. */
export const WITHOUT_KEEPER = { keeper: ZeroAddress, keeperFee: 0n } as const;
