import { toHex } from "../common/hex.ts";
import { IntegrityError, InvalidInputError } from "../common/errors.ts";
import type { Terms } from "../chain/terms.ts";
import type { CheckedProgram } from "./program-package.ts";

/** Slot roots of one job that are held in memory together: 128 MiB of them. */
const MAX_SLOTS = 2 ** 22;

/**
 * Checks that a program is the one that the terms promise and that they state its work.
 * @throws IntegrityError when such a job can never be served, InvalidInputError when it is too large for one manifest
 */
export function requireJobProgram(loaded: CheckedProgram, terms: Terms): void {
  if (toHex(loaded.root) !== terms.programRoot) {
    throw new IntegrityError("the data set names another program than the terms");
  }
  const { work, batch, sharedTypes, shardTypes } = loaded.facts;
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
  const slots = sharedTypes.length + terms.shards * shardTypes.length;
  if (slots > MAX_SLOTS) {
    throw new InvalidInputError(`the job has ${String(slots)} input tensors, the limit is ${String(MAX_SLOTS)}`);
  }
}
