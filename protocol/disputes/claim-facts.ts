import type { Terms, UnitRecord } from "../chain/index.ts";
import { profileOf } from "./job-options.ts";

/** What the judge is told about a claim; its hash stands on chain. Field order as in the contract. */
export interface ClaimFacts {
  readonly outputsRoot: string;
  readonly programRoot: string;
  readonly inputsRoot: string;
  readonly challengers: string;
  readonly shards: number;
  readonly from: number;
  readonly to: number;
  readonly worker: string;
  readonly windowEnd: number;
  readonly profile: number;
}

/** The facts of a committed unit, as the market recorded them. */
export function claimFacts(terms: Terms, unit: UnitRecord): ClaimFacts {
  return {
    outputsRoot: unit.outputsRoot,
    programRoot: terms.programRoot,
    inputsRoot: terms.inputsRoot,
    challengers: terms.challengers,
    shards: terms.shards,
    from: unit.from,
    to: unit.to,
    worker: unit.worker,
    windowEnd: unit.windowEnd,
    profile: profileOf(terms),
  };
}
