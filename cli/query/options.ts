import { Option } from "commander";

import { parseUrl, wholeNumber } from "../core/options.ts";

/** Where the index is, and which of its blocks is asked for. */
export interface QueryFlags {
  readonly network?: string;
  readonly rpc?: string;
  readonly index?: string;
  readonly block?: number;
  readonly fresh?: true;
}

const HIGHEST_BLOCK = 2_147_483_647;
export const MOST_LISTED = 6_000;

export const queryOptions: readonly Option[] = [
  new Option(
    "--index <url>",
    "the index's GraphQL (default: ORION_INDEX_URL, the network file, a local index)",
  ).argParser(parseUrl),
  new Option("--network <file>", "network file (default: ORION_NETWORK, else ./.orion/network.json)"),
  new Option("--rpc <url>", "JSON-RPC endpoint instead of the file's").argParser(parseUrl),
  new Option("--block <n>", "as it was at this block").argParser(wholeNumber(0, HIGHEST_BLOCK)),
  new Option("--fresh", "wait until the index has come to the chain's present block"),
];

export function limitOption(what: string, byDefault: number, most: number = MOST_LISTED): Option {
  return new Option("--limit <n>", `${what} that are listed, ${most} at most`)
    .argParser(wholeNumber(1, most))
    .default(byDefault);
}
