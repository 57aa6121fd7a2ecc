import { Contract, isError, type ContractRunner, type JsonRpcProvider } from "ethers";

import { ConfigurationError, RevertError } from "../common/errors.ts";
import { contractInterface, type ContractName } from "./artifact.ts";
import { chainError } from "./errors.ts";
import type { MarketUpkeep } from "./generated/chainlink/MarketUpkeep.js";
import type { UsdPrices } from "./generated/chainlink/UsdPrices.js";
import type { ComputeCredits } from "./generated/credits/ComputeCredits.js";
import type { DisputeManager } from "./generated/dispute/DisputeManager.js";
import type { DePinDex } from "./generated/exchange/DePinDex.js";
import type { LiquidityMining } from "./generated/exchange/LiquidityMining.js";
import type { Guardian } from "./generated/governance/Guardian.js";
import type { OrionGovernor } from "./generated/governance/OrionGovernor.js";
import type { OrionTimelock } from "./generated/governance/OrionTimelock.js";
import type { BuyAndPost } from "./generated/market/BuyAndPost.js";
import type { JobMarket } from "./generated/market/JobMarket.js";
import type { Reserves } from "./generated/market/Reserves.js";
import type { ProviderRegistry } from "./generated/registry/ProviderRegistry.js";
import type { OrionToken } from "./generated/token/OrionToken.js";
import { rpcUrlsOf, type NetworkFile } from "./network.ts";
import { RpcProvider } from "./rpc-provider.ts";

export interface Contracts {
  readonly orion: OrionToken;
  readonly registry: ProviderRegistry;
  readonly credits: ComputeCredits;
  readonly disputes: DisputeManager;
  readonly market: JobMarket;
  readonly reserves: Reserves;
  readonly upkeep: MarketUpkeep;
  readonly dex: DePinDex;
  readonly mining: LiquidityMining;
  readonly buyAndPost: BuyAndPost;
  readonly governor: OrionGovernor;
  readonly timelock: OrionTimelock;
  readonly guardian: Guardian;
  /** Where a Chainlink feed of ORION exists. */
  readonly usdPrices: UsdPrices | undefined;
}

/** A connected chain: the provider, the typed contracts, and the file that named them. */
export interface Chain {
  readonly network: NetworkFile;
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  /** Closes the connection; pending calls end with an error. */
  close(): void;
}

/**
 * Connects to the chain of a network file and checks that it is that chain and carries the contracts.
 * @throws UnavailableError when the RPC does not answer, ConfigurationError for a wrong chain id or missing contracts
 */
export async function connectChain(network: NetworkFile): Promise<Chain> {
  const provider = new RpcProvider(rpcUrlsOf(network), network.chainId);
  try {
    await requireChain(provider, network);
  } catch (error) {
    provider.destroy();
    throw chainError(error, network.rpcUrl);
  }
  return { network, provider, contracts: contractsAt(network, provider), close: () => provider.destroy() };
}

const MOST_ASKS = 3;

async function requireChain(provider: JsonRpcProvider, network: NetworkFile): Promise<void> {
  const answered = Number((await provider.send("eth_chainId", [])) as string);
  if (answered !== network.chainId) {
    throw new ConfigurationError(
      `the chain at ${network.rpcUrl} has id ${String(answered)}, the network file says ${String(network.chainId)}`,
      {
        hint: "point rpcUrl at the right chain, or use the network file of this one",
      },
    );
  }
  const { market } = network.addresses;
  // Both travel in one batch.
  const [code, isMarket] = await Promise.all([provider.getCode(market), answersAsMarket(provider, network)]);
  if (code === "0x") {
    throw new ConfigurationError(`there is no job market at ${market} on the chain at ${network.rpcUrl}`, {
      hint: "a local chain forgets its contracts when it restarts: start `orion devnet` again, or deploy",
    });
  }
  if (!isMarket) {
    throw new ConfigurationError(`the contract at ${market} on the chain at ${network.rpcUrl} is no job market`, {
      hint: "the network file names a wrong address as `market`: take the file that came with the deployment",
    });
  }
}

/** Whether the market's address answers a question that only a market knows. @throws what the node fails with */
async function answersAsMarket(provider: JsonRpcProvider, { addresses, rpcUrl }: NetworkFile): Promise<boolean> {
  const market = new Contract(addresses.market, contractInterface("JobMarket"), provider) as unknown as JobMarket;
  // A node that lags behind the deployment answers as if there were nothing.
  for (let ask = 0; ask < MOST_ASKS; ask++) {
    try {
      await market.collateralBounds();
      return true;
    } catch (error) {
      if (isError(error, "BAD_DATA")) continue;
      const known = chainError(error, rpcUrl);
      if (!(known instanceof RevertError)) throw known;
    }
  }
  return false;
}

/** The typed contracts of a network, bound to a provider or signer. */
export function contractsAt(network: NetworkFile, runner: ContractRunner): Contracts {
  const at = (name: ContractName, address: string): unknown => new Contract(address, contractInterface(name), runner);
  const a = network.addresses;
  return {
    orion: at("OrionToken", a.orion) as OrionToken,
    registry: at("ProviderRegistry", a.registry) as ProviderRegistry,
    credits: at("ComputeCredits", a.credits) as ComputeCredits,
    disputes: at("DisputeManager", a.disputes) as DisputeManager,
    market: at("JobMarket", a.market) as JobMarket,
    reserves: at("Reserves", a.reserves) as Reserves,
    upkeep: at("MarketUpkeep", a.upkeep) as MarketUpkeep,
    dex: at("DePinDex", a.dex) as DePinDex,
    mining: at("LiquidityMining", a.mining) as LiquidityMining,
    buyAndPost: at("BuyAndPost", a.buyAndPost) as BuyAndPost,
    governor: at("OrionGovernor", a.governor) as OrionGovernor,
    timelock: at("OrionTimelock", a.timelock) as OrionTimelock,
    guardian: at("Guardian", a.guardian) as Guardian,
    usdPrices: a.usdPrices === undefined ? undefined : (at("UsdPrices", a.usdPrices) as UsdPrices),
  };
}
