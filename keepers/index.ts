export { createAggregator, type AggregatorOptions } from "./aggregator.ts";
export { createOrchestrator, type OrchestratorOptions } from "./orchestrator.ts";
export { createUpkeepKeeper, type UpkeepOptions } from "./upkeep.ts";
export type { ChallengeContext } from "./validator/challenge.ts";
export { createValidator, type ValidatorContext, type ValidatorOptions } from "./validator/validator.ts";
