import { CHAIN } from "./chain.ts";
import { CONTENT } from "./content.ts";
import { KEEPERS } from "./keepers.ts";
import { KERNELS } from "./kernels.ts";
import type { Mutant } from "./mutant.ts";
import { PIPELINE } from "./pipeline.ts";
import { SENDER } from "./sender.ts";
import { WORKER } from "./worker.ts";

/** What must not go unnoticed: where money, deadlines, the journal, hashes or the order of queues are at stake. */
export const MUTANTS: readonly Mutant[] = [
  ...WORKER,
  ...PIPELINE,
  ...KEEPERS,
  ...CHAIN,
  ...SENDER,
  ...CONTENT,
  ...KERNELS,
];
