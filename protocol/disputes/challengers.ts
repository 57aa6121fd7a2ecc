import { AbiCoder, keccak256, solidityPackedKeccak256, ZeroHash } from "ethers";

/** Root of the list of accounts that alone may demand of a job's claims; zero for an empty list: anyone may. */
export function challengersRoot(accounts: readonly string[]): string {
  let row = sortedLeaves(accounts);
  if (row.length === 0) return ZeroHash;
  while (row.length > 1) row = parents(row);
  return row[0] as string;
}

/** Siblings from an account's leaf up to the root over the list; undefined for an account that is not on it. */
export function challengerPath(accounts: readonly string[], account: string): string[] | undefined {
  let row = sortedLeaves(accounts);
  let at = row.indexOf(leafOf(account));
  if (at < 0) return undefined;
  const path: string[] = [];
  while (row.length > 1) {
    const sibling = row[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined) path.push(sibling);
    row = parents(row);
    at = Math.floor(at / 2);
  }
  return path;
}

function leafOf(account: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address"], [account]));
}

function sortedLeaves(accounts: readonly string[]): string[] {
  return [...new Set(accounts.map(leafOf))].sort();
}

/** Pairs are hashed in sorted order; an odd one at the end goes up as it is. */
function parents(row: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(row.length / 2) }, (_, i) => {
    const [left, right] = [row[2 * i] as string, row[2 * i + 1]];
    if (right === undefined) return left;
    return solidityPackedKeccak256(["bytes32", "bytes32"], [left, right].sort());
  });
}
