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
  "DePinDex",
  "LiquidityMining",
  "BuyAndPost",
  "OrionGovernor",
  "OrionTimelock",
] as const satisfies readonly ContractName[];

/**
 * Fills a network's name, addresses and first block into the manifest's template.
 * @throws SubgraphError for a placeholder that the network file does not fill
 */
export function renderManifest(template: string, network: NetworkFile, prune: Pruning): string {
  const values = new Map<string, string>([
    ["name", network.name],
    ["deployBlock", String(network.deployBlock)],
    ["prune", String(prune)],
    ...deployedAt(network).map(([name, at]): [string, string] => [`addresses.${name}`, at]),
  ]);
  return template.replaceAll(/\$\{([\w.]+)\}/g, (_, name: string) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    throw new SubgraphError(`the subgraph's manifest needs ${name}, which the network file does not name`, {
      hint: "write the network file anew with the deploy step",
    });
  });
}
