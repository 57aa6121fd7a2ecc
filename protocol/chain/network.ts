import { readFile } from "node:fs/promises";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { ConfigurationError } from "../common/errors.ts";

const address = z
  .string()
  .refine((text) => isAddress(text), { message: "is not an address" })
  .transform((text) => getAddress(text));

/** What every process needs to know of a network; written by the deploy step, read by everything else. */
const networkSchema = z.object({
  name: z.string().min(1),
  chainId: z.number().int().positive(),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  /** Further endpoints of the same chain, asked when the first does not answer. */
  rpcUrls: z.array(z.url({ protocol: /^https?$/ })).optional(),
  /** The largest block range that the endpoints answer `eth_getLogs` for; found out by refusals when left out. */
  logRange: z.number().int().positive().optional(),
  /** Gwei per gas that a transaction may cost at most; a multiple of the base fee when left out. */
  maxFee: z.number().positive().optional(),
  ipfsUrl: z.url({ protocol: /^https?$/ }),
  /** Where the network's subgraph answers GraphQL; a local index is found without it. */
  indexUrl: z.url({ protocol: /^https?$/ }).optional(),
  deployBlock: z.number().int().nonnegative(),
  addresses: z.object({
    orion: address,
    registry: address,
    credits: address,
    disputes: address,
    market: address,
    reserves: address,
    upkeep: address,
    dex: address,
    mining: address,
    buyAndPost: address,
    governor: address,
    timelock: address,
    guardian: address,
    /** Only where a Chainlink feed of ORION exists. */
    usdPrices: address.optional(),
  }),
});

export type NetworkFile = z.infer<typeof networkSchema>;

/** The addresses of the chain's endpoints, the preferred one first. */
export function rpcUrlsOf({ rpcUrl, rpcUrls = [] }: Pick<NetworkFile, "rpcUrl" | "rpcUrls">): string[] {
  return [...new Set([rpcUrl, ...rpcUrls])];
}

/** `rpc`, or a list as `rpcUrl`, says the same as `rpcUrl` and `rpcUrls`. */
function withOneRpcUrl(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { rpc, ...rest } = value as Record<string, unknown>;
  const given = rest.rpcUrl ?? rpc;
  if (!Array.isArray(given)) return given === undefined ? rest : { ...rest, rpcUrl: given };
  const [rpcUrl, ...more] = given as unknown[];
  const further = [...more, ...(Array.isArray(rest.rpcUrls) ? (rest.rpcUrls as unknown[]) : [])];
  return { ...rest, rpcUrl, ...(further.length === 0 ? {} : { rpcUrls: further }) };
}

/** Names and addresses of the contracts that a network has. */
export function deployedAt({ addresses }: NetworkFile): [name: string, address: string][] {
  return Object.entries(addresses).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/**
 * Reads and checks a network file.
 * @throws ConfigurationError naming the file, the field and what is wrong with it
 */
export async function readNetworkFile(path: string): Promise<NetworkFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new ConfigurationError(`cannot read the network file ${path}`, {
      cause,
      hint: "start a local network with `orion devnet`, or name a file with --network or ORION_NETWORK",
    });
  }
  return parseNetworkFile(text, path);
}

/** As `readNetworkFile`, for text that is already in memory. */
export function parseNetworkFile(text: string, path: string): NetworkFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(`${path} is not JSON`, {
      cause,
      hint: "write it anew with `orion devnet` or the deploy step",
    });
  }
  const parsed = networkSchema.safeParse(withOneRpcUrl(value));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new ConfigurationError(`${path}: ${field === "" ? "the file" : field} ${issue?.message ?? "is wrong"}`, {
    hint: "compare it with a file written by the deploy step",
  });
}
