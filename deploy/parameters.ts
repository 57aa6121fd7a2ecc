import { readDeploymentParameters } from "@nomicfoundation/hardhat-ignition/helpers";
import { getAddress, isAddress } from "ethers";
import { fileURLToPath } from "node:url";
import { z } from "zod";

import { ConfigurationError } from "@orion/protocol/common";

/** Sets of parameters that come with the project. */
export const NETWORKS = ["local", "testnet", "mainnet"] as const;
export type NetworkName = (typeof NETWORKS)[number];

const seconds = z.number().int().positive();
const basisPoints = z.number().int().min(0).max(10_000);
const amount = z.bigint().positive();
const account = z
  .string()
  .refine((text) => isAddress(text), { message: "is not an address" })
  .transform((text) => getAddress(text));

const profile = z.strictObject({
  claimPeriod: seconds,
  challengeWindow: seconds,
  manifestPeriod: seconds,
  answerPeriod: seconds,
  descendPeriod: seconds,
  expiryBps: basisPoints,
  expiryBurnBps: basisPoints,
  finderBps: basisPoints,
  burnBps: basisPoints,
  answerGwei: z
    .number()
    .int()
    .positive()
    .max(2 ** 32 - 1),
  sealAge: seconds,
  kappa: z.number().int().min(1).max(16),
  traceFloor: seconds,
  traceWei: z.number().int().positive().max(1e15),
  leastWindow: seconds,
});

/** Chainlink's feed of ORION in US dollars, and on a rollup that of its sequencer's uptime; ages in seconds. */
const feed = z.strictObject({
  address: account,
  sequencer: account.optional(),
  maxAge: seconds,
  grace: seconds,
});

/** Chainlink's mock of such a feed, for a chain of this machine. */
const localFeed = z.strictObject({ decimals: z.number().int().min(0).max(18), answer: amount, maxAge: seconds });

const parametersSchema = z.strictObject({
  Orion: z.strictObject({
    owner: account.optional(),
    treasury: account.optional(),
    fast: profile,
    standard: profile,
    long: profile,
    rollup: profile,
    lowestCollateral: amount,
    highestCollateral: amount,
    claimCollateral: amount,
    creditsFloor: amount,
    creditsCap: amount,
    creditsBootstrapCap: amount,
    creditsMinDepth: amount,
    votingDelay: seconds,
    votingPeriod: seconds,
    lateQuorumExtension: seconds,
    proposalThreshold: amount,
    quorumPercent: z.number().int().min(1).max(20),
    timelockDelay: seconds,
    maxMiningRate: amount,
    seedOrion: amount,
    seedCredits: amount,
    feed: feed.optional(),
    localFeed: localFeed.optional(),
  }),
});

/** Parameters of one deployment, in the shape that Ignition reads: amounts in base units, periods in seconds. */
export type Parameters = z.infer<typeof parametersSchema>;

/**
 * Loads a named set, or checks one given as a value.
 * @throws ConfigurationError naming the field that is wrong
 */
export async function loadParameters(source: NetworkName | Parameters): Promise<Parameters> {
  const value: unknown = typeof source === "string" ? await readDeploymentParameters(pathOf(source)) : source;
  const parsed = parametersSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigurationError(
    `deployment parameters: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "are wrong"}`.trim(),
    { hint: "compare them with deploy/parameters/local.json5" },
  );
}

function pathOf(name: NetworkName): string {
  return fileURLToPath(new URL(`./parameters/${name}.json5`, import.meta.url));
}
