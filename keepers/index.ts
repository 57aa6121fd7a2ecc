export { createAggregator, type AggregatorOptions } from "./aggregator.ts";
export { createObserver, type ObserverOptions } from "./observer.ts";
export { createOrchestrator, type OrchestratorOptions } from "./orchestrator.ts";
export { createUpkeepKeeper, type UpkeepOptions } from "./upkeep.ts";
export type { ValidatorContext } from "./validator/validator-context.ts";
export { createValidator, type ValidatorOptions } from "./validator/validator.ts";
