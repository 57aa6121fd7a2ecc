import { toHex } from "../common/hex.ts";
import { IntegrityError, InvalidInputError } from "../common/errors.ts";
import type { Terms } from "../chain/terms.ts";
import type { ProgramFacts } from "../tensor/index.ts";
import type { CheckedProgram } from "./program-package.ts";

/**
 * Most input tensors of one job. Whoever serves a job holds a root of 32 bytes for each of them (8 MiB in all), and cuts, hashes and stores each
 * by itself. A larger data set takes more rows a shard.
 */
export const MAX_SLOTS = 2 ** 18;

/**
 * Checks that a program is the one that the terms promise and that they state its work.
 * @throws IntegrityError when such a job can never be served, InvalidInputError when it is too large for one manifest
 */
export function requireJobProgram(loaded: CheckedProgram, terms: Terms): void {
  if (toHex(loaded.root) !== terms.programRoot) {
    throw new IntegrityError("the data set names another program than the terms");
  }
  const { work, batch } = loaded.facts;
  if (work !== terms.workPerShard) {
    throw new IntegrityError(
      `the terms state ${String(terms.workPerShard)} units of work per shard, the program has ${String(work)}`,
    );
  }
  const shards = (terms.rows + BigInt(batch) - 1n) / BigInt(batch);
  if (shards !== BigInt(terms.shards)) {
    throw new IntegrityError(
      `${String(terms.rows)} rows make ${String(shards)} shards of ${String(batch)}, the terms state ${String(terms.shards)}`,
    );
  }
  requireSlots(loaded.facts, terms.shards);
}

/** @throws InvalidInputError when so many shards of a program have too many input tensors for one manifest */
export function requireSlots(facts: Pick<ProgramFacts, "sharedTypes" | "shardTypes">, shards: number): void {
  const slots = facts.sharedTypes.length + shards * facts.shardTypes.length;
  if (slots > MAX_SLOTS) {
    throw new InvalidInputError(`the job has ${String(slots)} input tensors, the limit is ${String(MAX_SLOTS)}`, {
      hint: "give the program more rows a shard, or post several jobs",
    });
  }
}
