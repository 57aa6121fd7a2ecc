import { expect } from "chai";

import { rows, type Row } from "../graphql.ts";
import type { Life } from "../random-life.ts";
import type { World } from "../world.ts";
import type { Cast } from "../cast.ts";

/** One block of which index and chain are compared. */
export interface Page {
  readonly world: World;
  readonly cast: Cast;
  readonly life: Life;
  readonly block: number;
  /** For calls of a contract at that block. */
  readonly at: { readonly blockTag: number };
  /** All rows of a collection as they were at that block, by id. */
  all(collection: string, fields: string): Promise<Map<string, Row>>;
  /** The only row of a collection, or zeros for all its fields where it has none yet. */
  only(collection: string, fields: string): Promise<Row>;
}

export function openPage(world: World, cast: Cast, life: Life, block: number): Page {
  const all: Page["all"] = async (collection, fields) => {
    const found = await rows(world.indexUrl, collection, fields, block);
    return new Map(found.map((row) => [String(row.id), row]));
  };
  return {
    ...{ world, cast, life, block, all },
    at: { blockTag: block },
    async only(collection, fields) {
      const found = [...(await all(collection, fields)).values()];
      expect(found.length, collection).to.be.at.most(1);
      return found[0] ?? Object.fromEntries(fields.split(" ").map((field) => [field, "0"]));
    },
  };
}

/** Checks that are made side by side: the node is asked for them in batches. */
const SIDE_BY_SIDE = 64;

/** Checks each item, many at a time. */
export async function each<T>(items: Iterable<T>, check: (item: T) => Promise<void>): Promise<void> {
  const all = [...items];
  for (let at = 0; at < all.length; at += SIDE_BY_SIDE) {
    await Promise.all(all.slice(at, at + SIDE_BY_SIDE).map(check));
  }
}

/** A whole number of a row. */
export function big(row: Row | undefined, field: string): bigint {
  return BigInt((row?.[field] ?? 0) as string | number);
}

/** Sum of one field over rows. */
export function sum(found: Iterable<Row>, field: string): bigint {
  return [...found].reduce((total, row) => total + big(row, field), 0n);
}

/** The id of the row that a field points to. */
export function idOf(row: Row | undefined, field: string): string | undefined {
  return (row?.[field] as { id: string } | null | undefined)?.id;
}

export const low = (address: string): string => address.toLowerCase();
