import { existsSync } from "node:fs";

import { readNetworkFile } from "@orion/protocol/chain";
import { ConfigurationError, InvalidInputError } from "@orion/protocol/common";
import { createQueryClient, type Block_Height, type QueryClient } from "@orion/protocol/query";

import type { Invocation } from "../core/command.ts";
import { networkPath, variable } from "../core/home.ts";
import { blockHash, chainHead } from "../devnet/rpc.ts";
import { indexUrlOf } from "../indexer/place.ts";
import type { QueryFlags } from "./options.ts";

/** The index that the flags name, and the chain beside it where it is known. */
export interface OpenIndex {
  readonly client: QueryClient;
  /** The block that was asked for, as a variable of queries. */
  readonly at: { readonly block?: Block_Height };
  /** Last block of the chain; undefined where the chain is not known or does not answer. */
  chainHead(): Promise<number | undefined>;
  /** Hash of the chain's block of this number; undefined where there is none, or the chain does not answer. */
  blockHash(number: number): Promise<string | undefined>;
}

/** @throws ConfigurationError where no index is known */
export async function openIndex({ flags, env, secrets, interrupts }: Invocation<QueryFlags>): Promise<OpenIndex> {
  if (flags.block !== undefined && flags.fresh === true) {
    throw new InvalidInputError("--block and --fresh exclude each other", { hint: "ask for one of the two" });
  }
  const file = networkPath(flags.network, env);
  const chosen = flags.index ?? variable(env, "ORION_INDEX_URL");
  // A hosted index needs no network file, unless one is named.
  const network =
    chosen !== undefined && flags.network === undefined && !existsSync(file) ? undefined : await readNetworkFile(file);
  const url = chosen ?? (network === undefined ? undefined : await indexUrlOf(network, file));
  if (url === undefined) {
    throw new ConfigurationError(`no index of the network in ${file} is running here`, {
      hint: "start one with `orion index start`, or name one with --index, ORION_INDEX_URL or indexUrl in the network file",
    });
  }
  const token = variable(env, "ORION_INDEX_TOKEN");
  if (token !== undefined) secrets.add(token);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const rpcUrl = flags.rpc ?? network?.rpcUrl;
  for (const address of [url, rpcUrl]) if (address !== undefined) secrets.addUrl(address);
  return {
    client: createQueryClient({ url, headers, signal: interrupts.signal }),
    at: flags.block === undefined ? {} : { block: { number: flags.block } },
    chainHead: async () => (rpcUrl === undefined ? undefined : chainHead(rpcUrl)),
    blockHash: async (number) => (rpcUrl === undefined ? undefined : blockHash(rpcUrl, number).catch(() => undefined)),
  };
}
