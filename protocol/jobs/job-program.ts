import { toHex } from "../common/hex.ts";
import { IntegrityError } from "../common/errors.ts";
import type { Terms } from "../chain/terms.ts";
import type { LoadedProgram } from "./program-package.ts";

/**
 * Checks that a loaded program is the one that the terms promise and that they state its work.
 * @throws IntegrityError; such a job can never be served
 */
export function requireJobProgram(loaded: LoadedProgram, terms: Terms): void {
  if (toHex(loaded.root) !== terms.programRoot) throw new IntegrityError("the data set names another program than the terms");
  if (loaded.facts.work !== terms.workPerShard) {
    throw new IntegrityError(`the terms state ${String(terms.workPerShard)} units of work per shard, the program has ${String(loaded.facts.work)}`);
  }
  const shards = Math.ceil(Number(terms.rows) / loaded.facts.batch);
  if (shards !== terms.shards) {
    throw new IntegrityError(`${String(terms.rows)} rows make ${String(shards)} shards of ${String(loaded.facts.batch)}, the terms state ${String(terms.shards)}`);
  }
}
