import { setTimeout as delay } from "node:timers/promises";

import { patient } from "../patience.ts";

const POLL_MS = 100;
/** Longer than a graph-node that stands still is left alone. */
const PATIENCE_MS = patient(120_000);

/** A row as the index answers it. */
export type Row = Readonly<Record<string, unknown>>;

/** Asks the index one query. Rejects with its own words when it refuses. */
export async function ask<T>(url: string, query: string): Promise<T> {
  const body = JSON.stringify({ query });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answer = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join("; "));
  return answer.data as T;
}

/** All rows of a collection at a block, a thousand at a time. */
export async function rows(url: string, collection: string, fields: string, block: number): Promise<Row[]> {
  const all: Row[] = [];
  for (let last = "0x"; ;) {
    const query = `{ page: ${collection}(first: 1000, where: { id_gt: "${last}" }, orderBy: id, block: { number: ${block} }) { id ${fields} } }`;
    const { page } = await ask<{ page: Row[] }>(url, query);
    all.push(...page);
    if (page.length < 1000) return all;
    last = String(page.at(-1)?.id);
  }
}

/** Resolves when the index has taken in a block; rejects when an error stops it or it never comes. */
export async function untilIndexed(url: string, block: number, hash?: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  let last = "no answer";
  while (Date.now() < end) {
    try {
      const { _meta } = await ask<Meta>(url, "{ _meta { block { number hash } hasIndexingErrors } }");
      if (_meta.hasIndexingErrors) throw new Error(`the index stopped at block ${_meta.block.number}`);
      last = `it stands at block ${_meta.block.number}`;
      if (_meta.block.number > block) return;
      if (_meta.block.number === block && (hash === undefined || _meta.block.hash === hash)) return;
    } catch (error) {
      last = (error as Error).message;
      if (/indexing_error|stopped at/.test(last)) throw error;
    }
    await delay(POLL_MS);
  }
  throw new Error(`the index does not reach block ${block}: ${last}`);
}

interface Meta {
  readonly _meta: {
    readonly block: { readonly number: number; readonly hash: string };
    readonly hasIndexingErrors: boolean;
  };
}
