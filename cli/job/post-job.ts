import { hexlify, randomBytes, ZeroAddress, type TransactionReceipt } from "ethers";

import { putChallengers } from "@orion/protocol/challenge";
import { reading, escrowOf, jobIdOf, unitCount, type Terms } from "@orion/protocol/chain";
import { InvalidInputError, toHex } from "@orion/protocol/common";
import { challengersRoot, optionsOf } from "@orion/protocol/disputes";
import {
  assembleProgram,
  putDataset,
  putProgram,
  shardDataset,
  type DatasetFiles,
  type LoadedProgram,
} from "@orion/protocol/jobs";
import { digestFromDagCid } from "@orion/protocol/storage";
import type { ProgramFacts, Sha256, Tensor } from "@orion/protocol/tensor";

import { CU, formatAmount } from "../core/amounts.ts";
import type { SigningClient } from "../core/client.ts";
import { MOST_ESCROW } from "../core/options.ts";
import { approveSpending } from "../core/tokens.ts";
import { WEEK_SECONDS } from "../credits/read-price.ts";
import { sendPost } from "./send-post.ts";
import { chooseUnits } from "./units.ts";

/** What an engineer asks for; what is left out is chosen within the market's bounds. */
export interface JobRequest {
  /** The program file. */
  readonly program: Uint8Array;
  /** Its constants (weights), in node order. */
  readonly constants: readonly Tensor[];
  readonly files: DatasetFiles;
  /** CU base units per shard; par, which is its work, when left out. */
  readonly pricePerShard?: bigint;
  readonly shardsPerClaim?: number;
  readonly keeper?: string;
  /** CU base units per shard. */
  readonly keeperFee?: bigint;
  /** ORION wei per claim; when left out, twenty times what a full claim's work has cost on the exchange in the mean of the last week. */
  readonly collateralPerClaim?: bigint;
  /** Let the floor of credits stand for that mean where the exchange gives none. */
  readonly withoutPrice?: boolean;
  /** Index of the set of windows; see `PROFILES`. */
  readonly profile?: number;
  /** Accounts that alone may challenge the job's claims by demands; anyone when left out. */
  readonly challengers?: readonly string[];
  /** The escrow is minted for the job, by whoever posts it. */
  readonly minted?: boolean;
  /** 32 bytes of 0x-hex; random when left out, so that equal jobs are different ones. */
  readonly salt?: string;
}

/** A job that is checked, cut and stored, and only needs a signature. */
export interface JobPlan {
  readonly jobId: string;
  readonly terms: Terms;
  readonly facts: ProgramFacts;
  readonly units: number;
  /** CU base units. */
  readonly escrow: bigint;
  /** CID of the data set document. */
  readonly dataset: string;
}

export interface PostedJob extends JobPlan {
  readonly receipt: TransactionReceipt;
}

export interface PostOptions {
  /** Approve the market for any amount of CU, once. */
  readonly infiniteApproval?: boolean;
  readonly onStep?: (step: "check" | "upload" | "approve" | "post") => void;
  /** Sees the plan before anything is signed; throwing stops there. */
  readonly onPlan?: (plan: JobPlan) => void;
}

/** The exchange gives no price that counts, so nothing says what collateral deters a cheat. */
export class NoLivePriceError extends InvalidInputError {}

/** Names of the profiles, in the order of their indices. */
export const PROFILES = ["fast", "standard", "long", "rollup"] as const;
export const DEFAULT_PROFILE: (typeof PROFILES)[number] = "standard";

/**
 * Validates program and data, cuts and stores them, shows the plan, approves the escrow and posts the job.
 * @throws ProgramError, NpyError, InvalidInputError for unusable input, NoLivePriceError without a price or a collateral; all before
 * anything is signed
 */
export async function postJob(
  client: SigningClient,
  request: JobRequest,
  options: PostOptions = {},
): Promise<PostedJob> {
  const plan = await planJob(client, request, options.onStep);
  options.onPlan?.(plan);
  const { contracts, network } = client.chain;
  const { market } = network.addresses;
  options.onStep?.("approve");
  await approveSpending(client, {
    token: contracts.credits,
    unit: CU,
    spender: market,
    amount: plan.escrow,
    hint: `mint the rest with \`orion credits mint\`, at least ${formatAmount(plan.escrow, CU)} in all, or buy it with \`--pay orion\`, or mint it for the job with \`--pay mint\``,
    infinite: options.infiniteApproval === true,
  });
  options.onStep?.("post");
  const data = contracts.market.interface.encodeFunctionData("postJob", [plan.terms]);
  const receipt = await sendPost(client, plan.jobId, { to: market, data, label: "post job", once: true });
  return { ...plan, receipt };
}

/** @throws InvalidInputError that says how weights are given, where none were */
function assembledOf({ program, constants }: JobRequest, sha256: Sha256): LoadedProgram {
  try {
    return assembleProgram(program, constants, sha256);
  } catch (error) {
    if (constants.length > 0 || !(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(error.message, { hint: "give the model's weights with `--weights <files or folder>`" });
  }
}

/** Everything of `postJob` that needs no signature: checks, cuts and stores the job. */
export async function planJob(
  client: SigningClient,
  request: JobRequest,
  onStep?: PostOptions["onStep"],
): Promise<JobPlan> {
  onStep?.("check");
  const { sha256, store, chain } = client;
  const loaded = assembledOf(request, sha256);
  const dataset = await shardDataset(loaded, request.files, { sha256 });
  const { shards } = dataset;
  const work = loaded.facts.work;
  requireFees(request, work);
  requireEscrow(request, work, shards);
  const units = chooseUnits(
    { shards, workPerShard: work, creditPrice: await creditPrice(client, request) },
    await bounds(client),
    request,
  );
  onStep?.("upload");
  const program = await putProgram(store, request.program, request.constants);
  const challengers = request.challengers ?? [];
  const list = challengers.length === 0 ? undefined : await putChallengers(store, challengers);
  const document = await putDataset(store, program, request.files, list);
  const terms: Terms = {
    poster: client.sender.address,
    salt: request.salt ?? hexlify(randomBytes(32)),
    programRoot: toHex(loaded.root),
    dataset: digestFromDagCid(document),
    inputsRoot: toHex(dataset.inputsRoot),
    rows: BigInt(dataset.rows),
    shards,
    shardsPerClaim: units.shardsPerClaim,
    workPerShard: work,
    pricePerShard: request.pricePerShard ?? work,
    keeper: request.keeper ?? ZeroAddress,
    keeperFee: request.keeperFee ?? 0n,
    collateralPerClaim: units.collateralPerClaim,
    challengers: challengersRoot(challengers),
    options: optionsOf({
      profile: request.profile ?? PROFILES.indexOf(DEFAULT_PROFILE),
      minted: request.minted === true,
    }),
  };
  return {
    jobId: jobIdOf(chain.network.chainId, chain.network.addresses.market, terms),
    terms,
    facts: loaded.facts,
    units: unitCount(terms),
    escrow: escrowOf(terms),
    dataset: document.toString(),
  };
}

function requireFees(request: JobRequest, work: bigint): void {
  if (request.pricePerShard !== undefined && request.pricePerShard < work) {
    throw new InvalidInputError(
      `the price of ${formatAmount(request.pricePerShard, CU)} per shard is below par: a shard is ${formatAmount(work, CU)} of work`,
      { hint: "leave --price out to offer par, or offer more for urgency" },
    );
  }
  if ((request.keeperFee ?? 0n) > 0n && request.keeper === undefined) {
    throw new InvalidInputError("a keeper fee needs a keeper who earns it", {
      hint: "name the orchestrator with --keeper",
    });
  }
}

/** The market holds an escrow in 96 bits. */
function requireEscrow({ pricePerShard, keeperFee = 0n }: JobRequest, work: bigint, shards: number): void {
  if (BigInt(shards) * ((pricePerShard ?? work) + keeperFee) <= MOST_ESCROW) return;
  const most = formatAmount(MOST_ESCROW / BigInt(shards), CU);
  throw new InvalidInputError(
    `a job holds ${formatAmount(MOST_ESCROW, CU)} in escrow at most: ${most} for each of ${shards} shards, price and keeper fee`,
    { hint: "offer less per shard, or post fewer shards a job" },
  );
}

async function bounds({ chain }: SigningClient): Promise<{ lowest: bigint; highest: bigint; perClaim: bigint }> {
  const [lowest, highest, perClaim] = await reading(chain, () => chain.contracts.market.collateralBounds());
  return { lowest, highest, perClaim };
}

/** ORION wei per CU that the collateral follows; nothing is asked where the collateral is given. */
async function creditPrice({ chain }: SigningClient, request: JobRequest): Promise<bigint> {
  if (request.collateralPerClaim !== undefined) return 0n;
  const { credits } = chain.contracts;
  if (await reading(chain, () => credits.isPriceLive())) return reading(chain, () => credits.meanPrice(WEEK_SECONDS));
  if (request.withoutPrice === true) return (await reading(chain, () => credits.parameters())).floor;
  throw new NoLivePriceError("the exchange gives no live price of credits from which the collateral would follow", {
    hint: "choose it with --collateral <amount>, or take credits' floor for the price with --without-price",
  });
}
