import type { SigningClient } from "../core/client.ts";
import { approveCost, mintedIn, type Minted } from "../credits/mint.ts";
import { quoteJobMint, requireMintable, type MintOptions, type MintQuote } from "./mint-quote.ts";
import { planJob, type JobPlan, type JobRequest, type PostedJob } from "./post-job.ts";
import { sendPost } from "./send-post.ts";

export interface MintAndPostOptions extends MintOptions {
  readonly onStep?: (step: "check" | "upload" | "quote" | "approve" | "post") => void;
  /** Sees plan and cost before anything is signed; throwing stops there. */
  readonly onPlan?: (plan: JobPlan, quote: MintQuote) => void;
}

export interface MintedPost extends PostedJob {
  /** The cost as it was shown before. */
  readonly quote: MintQuote;
  /** The position that owes the escrow. */
  readonly position: Minted;
}

/**
 * Plans a job, mints its escrow against the signer's ORION and posts it, in one transaction after the approval of the ORION. No unit of such a job settles or
 * is accepted within 24 hours of the post, and what comes back of its escrow lowers the position's debt.
 * @throws InvalidInputError when the day's quota or the limit does not suffice, or the account holds too little ORION, and as `postJob`; all before anything
 * is signed
 */
export async function mintAndPostJob(
  client: SigningClient,
  request: JobRequest,
  options: MintAndPostOptions = {},
): Promise<MintedPost> {
  const plan = await planJob(client, { ...request, minted: true }, options.onStep);
  options.onStep?.("quote");
  const quote = await quoteJobMint(client, plan.terms, options);
  options.onPlan?.(plan, quote);
  const { cost, maxCost } = requireMintable(quote);
  const { contracts, network } = client.chain;
  const { credits } = network.addresses;
  options.onStep?.("approve");
  await approveCost(client, { amount: cost, allowed: maxCost, hint: "post a smaller job, or get more ORION" });
  options.onStep?.("post");
  const data = contracts.credits.interface.encodeFunctionData("mintForJob", [plan.terms, quote.termSeconds, maxCost]);
  const receipt = await sendPost(client, plan.jobId, {
    to: credits,
    data,
    label: "mint credits and post job",
    once: true,
  });
  return { ...plan, receipt, quote, position: mintedIn(receipt, credits) };
}
