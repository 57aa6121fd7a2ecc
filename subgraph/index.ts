export { SubgraphError } from "./errors.ts";
export { prepareSubgraph, type PreparedSubgraph, type SubgraphOptions } from "./prepare.ts";
export { renderManifest, SUBGRAPH_CONTRACTS, type Pruning } from "./manifest.ts";
