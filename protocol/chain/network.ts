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
    upkeep: address,
    dex: address,
    mining: address,
    buyAndPost: address,
    governor: address,
    timelock: address,
    /** Only where a Chainlink feed of ORION exists. */
    usdPrices: address.optional(),
  }),
});

export type NetworkFile = z.infer<typeof networkSchema>;

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
  const parsed = networkSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new ConfigurationError(`${path}: ${field === "" ? "the file" : field} ${issue?.message ?? "is wrong"}`, {
    hint: "compare it with a file written by the deploy step",
  });
}
