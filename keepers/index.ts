export { createAggregator, type AggregatorOptions } from "./aggregator.ts";
export { createObserver, type ObserverOptions } from "./observer.ts";
export { createOrchestrator, type OrchestratorOptions } from "./orchestrator.ts";
export { createUpkeepKeeper, type UpkeepOptions } from "./upkeep.ts";
export { createValidator, type ValidatorContext, type ValidatorOptions } from "./validator/validator.ts";
