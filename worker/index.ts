export type { Carrier } from "./defence/carrier.ts";
export { Journal, JournalError, SecondRootError, type JournalEntry } from "./journal.ts";
export type { WorkerProgress } from "./progress.ts";
export type { WorkerRules } from "./rules.ts";
export { SelfCheckError } from "./trials.ts";
export { createWorker, type Worker, type WorkerContext } from "./worker.ts";
