export { DeploymentError, deployOrion, type DeployOptions } from "./deploy.ts";
export { loadParameters, NETWORKS, type NetworkName, type Parameters } from "./parameters.ts";
export { seedPool, type SeedOutcome } from "./seed.ts";
export type { DeployProgress } from "./progress.ts";
