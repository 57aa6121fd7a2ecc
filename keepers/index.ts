export { createAggregator, type AggregatorOptions } from "./aggregator.ts";
export { createOrchestrator, type OrchestratorOptions } from "./orchestrator.ts";
export { createUpkeepKeeper, type UpkeepOptions } from "./upkeep.ts";
