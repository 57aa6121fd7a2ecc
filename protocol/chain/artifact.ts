import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Interface } from "ethers";

import { ConfigurationError } from "../common/errors.ts";

const SOURCES = {
  OrionToken: "token/OrionToken",
  ProviderRegistry: "registry/ProviderRegistry",
  ComputeCredits: "credits/ComputeCredits",
  DisputeManager: "dispute/DisputeManager",
  JobMarket: "market/JobMarket",
  Reserves: "market/Reserves",
  MarketUpkeep: "chainlink/MarketUpkeep",
  TensorVM: "vm/TensorVM",
  DePinDex: "exchange/DePinDex",
  LiquidityMining: "exchange/LiquidityMining",
  BuyAndPost: "market/BuyAndPost",
  UsdPrices: "chainlink/UsdPrices",
  OrionGovernor: "governance/OrionGovernor",
  OrionTimelock: "governance/OrionTimelock",
  Guardian: "governance/Guardian",
} as const;

export type ContractName = keyof typeof SOURCES;
export const CONTRACT_NAMES = Object.keys(SOURCES) as ContractName[];

const interfaces = new Map<ContractName, Interface>();

/**
 * The interface of a contract as the compiler wrote it.
 * @throws ConfigurationError when the contracts have not been compiled
 */
export function contractInterface(name: ContractName): Interface {
  const known = interfaces.get(name);
  if (known !== undefined) return known;
  const path = fileURLToPath(new URL(`../../artifacts/contracts/${SOURCES[name]}.sol/${name}.json`, import.meta.url));
  let artifact: { abi: ConstructorParameters<typeof Interface>[0] };
  try {
    artifact = JSON.parse(readFileSync(path, "utf8")) as typeof artifact;
  } catch (cause) {
    throw new ConfigurationError(`the contract ${name} is not compiled`, { cause, hint: "run `npm run compile`" });
  }
  const made = new Interface(artifact.abi);
  interfaces.set(name, made);
  return made;
}
