import { getAddress } from "ethers";
import type { CID } from "multiformats/cid";

import type { Terms } from "../chain/index.ts";
import { fromHex, IntegrityError, InvalidInputError, toHex } from "../common/index.ts";
import { challengersRoot } from "../disputes/index.ts";
import { loadDataset } from "../jobs/index.ts";
import { dagCidFromDigest, type ContentStore } from "../storage/index.ts";

/** Accounts that a job may name: whoever checks its claims hashes the whole list. */
export const MAX_CHALLENGERS = 4_096;
const ADDRESS_BYTES = 20;

/**
 * Stores the list of accounts that alone may demand of a job's claims: 20 bytes each, ascending. The data set document links to it.
 * @throws InvalidInputError for an empty list, one with more than MAX_CHALLENGERS accounts, or one that names an account twice
 */
export function putChallengers(store: ContentStore, accounts: readonly string[]): Promise<CID> {
  const sorted = accounts.map((account) => account.toLowerCase()).sort();
  if (sorted.length === 0) throw new InvalidInputError("a list of challengers names at least one account");
  if (sorted.length > MAX_CHALLENGERS) {
    throw new InvalidInputError(
      `a job names at most ${String(MAX_CHALLENGERS)} challengers, the list has ${String(sorted.length)}`,
    );
  }
  const twice = sorted.find((account, i) => account === sorted[i + 1]);
  if (twice !== undefined) throw new InvalidInputError(`the list of challengers names ${getAddress(twice)} twice`);
  return store.putBytes(fromHex(`0x${sorted.map((account) => account.slice(2)).join("")}`));
}

/**
 * Fetches the list of a job that names its challengers, and checks it against the root in the terms.
 * @returns the accounts, ascending
 * @throws IntegrityError where the data set names no list, or one with another root; UnavailableError while it cannot be had
 */
export async function loadChallengers(
  store: ContentStore,
  terms: Pick<Terms, "dataset" | "challengers">,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly string[]> {
  const { challengers } = await loadDataset(store, dagCidFromDigest(terms.dataset), options);
  if (challengers === undefined) {
    throw new IntegrityError("the job names its challengers, but its data set does not list them");
  }
  const where = `the list of challengers ${challengers.toString()}`;
  const bytes = await store.getBytes(challengers, { maxBytes: MAX_CHALLENGERS * ADDRESS_BYTES, ...options });
  if (bytes.length === 0 || bytes.length % ADDRESS_BYTES !== 0) {
    throw new IntegrityError(`${where} is not made of addresses of ${String(ADDRESS_BYTES)} bytes`);
  }
  const accounts: string[] = [];
  for (let at = 0; at < bytes.length; at += ADDRESS_BYTES) accounts.push(toHex(bytes.subarray(at, at + ADDRESS_BYTES)));
  if (accounts.some((account, i) => i > 0 && account <= (accounts[i - 1] as string))) {
    throw new IntegrityError(`${where} is not in ascending order`);
  }
  if (challengersRoot(accounts) !== terms.challengers) {
    throw new IntegrityError(`${where} does not hash to the root in the job's terms`);
  }
  return accounts.map((account) => getAddress(account));
}
