import { getAddress, id, ZeroAddress } from "ethers";

import { deployedAt, type ContractName, type NetworkFile } from "@orion/protocol/chain";

import { SubgraphError } from "./errors.ts";

/** How many blocks of history the index keeps for queries at an earlier block: all, as few as the index node allows, or a number. */
export type Pruning = "never" | "auto" | number;

/** The contracts whose events the subgraph follows, in the order of the template; each has one mapping file. */
export const SUBGRAPH_CONTRACTS = [
  "OrionToken",
  "ProviderRegistry",
  "ComputeCredits",
  "DisputeManager",
  "JobMarket",
  "Reserves",
  "DePinDex",
  "LiquidityMining",
  "BuyAndPost",
  "OrionGovernor",
  "OrionTimelock",
  "Guardian",
  "UsdPrices",
] as const satisfies readonly ContractName[];

const PLACEHOLDER = /\$\{([\w.]+)\}/g;
const STAND_IN_NAME = "stand-in-network";
const STAND_IN_BLOCK = "1987654321";

/**
 * Fills a network's name, addresses and first block into the manifest's template.
 * @throws SubgraphError for a placeholder that the network file does not fill
 */
export function renderManifest(template: string, network: NetworkFile, prune: Pruning): string {
  const values = valuesOf(network, prune);
  return template.replaceAll(PLACEHOLDER, (_, name: string) => valueOf(values, name));
}

/** The template with stand-ins that the tools accept, so that it can be built before any network is known. */
export function standInManifest(template: string): string {
  return template.replaceAll(PLACEHOLDER, (_, name: string) => standInOf(name));
}

/** Puts a network into a built manifest in place of the stand-ins. `template` says which there are. */
export function fillManifest(built: string, template: string, network: NetworkFile, prune: Pruning): string {
  const values = valuesOf(network, prune);
  const names = new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name = ""]) => name));
  let filled = built;
  // The stand-in of `prune` is a word that a manifest may say elsewhere.
  for (const name of names) {
    if (name === "prune") filled = filled.replace(/^( *prune: ).*$/m, `$1${valueOf(values, name)}`);
    else filled = filled.replaceAll(standInOf(name), valueOf(values, name));
  }
  return filled;
}

function valuesOf(network: NetworkFile, prune: Pruning): Map<string, string> {
  return new Map([
    ["name", network.name],
    ["deployBlock", String(network.deployBlock)],
    ["prune", String(prune)],
    // A network without a feed: nothing is ever emitted at the zero address.
    ["addresses.usdPrices", ZeroAddress],
    ...deployedAt(network).map(([name, at]): [string, string] => [`addresses.${name}`, at]),
  ]);
}

function valueOf(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name);
  if (value !== undefined) return value;
  throw new SubgraphError(`the subgraph's manifest needs ${name}, which the network file does not name`, {
    hint: "write the network file anew with the deploy step",
  });
}

function standInOf(name: string): string {
  if (name === "name") return STAND_IN_NAME;
  if (name === "deployBlock") return STAND_IN_BLOCK;
  if (name === "prune") return "never";
  return getAddress(id(name).slice(0, 42));
}
