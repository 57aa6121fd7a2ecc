import type { SigningClient } from "../core/client.ts";
import { eventOf } from "../core/events.ts";
import { signPermit } from "../core/permit.ts";
import { approveSpending, isApproved, requireBalance } from "../core/tokens.ts";
import { planJob, type JobPlan, type JobRequest, type PostedJob } from "./post-job.ts";
import { hopsOf, quotePurchase, requireWithinLimit, type Purchase, type PurchaseOptions } from "./purchase.ts";
import { sendPost } from "./send-post.ts";

export interface BuyAndPostOptions extends PurchaseOptions {
  readonly onStep?: (step: "check" | "upload" | "quote" | "approve" | "post") => void;
  /** Sees plan and price before anything is signed; throwing stops there. */
  readonly onPlan?: (plan: JobPlan, purchase: Purchase) => void;
}

export interface BoughtJob extends PostedJob {
  /** The price as it was shown before. */
  readonly purchase: Purchase;
  /** Base units of the paying token that were paid. */
  readonly amountIn: bigint;
}

/**
 * Plans a job, buys its escrow on the exchange and posts it: one transaction, which the account signs together with a permit for the paying token.
 * A token without permits is approved before, for no more than is to be paid.
 * @throws InvalidInputError when the price is above the limit, the account holds too little or no pools lead to CU, and as `postJob`; all before anything is signed
 */
export async function buyAndPostJob(
  client: SigningClient,
  request: JobRequest,
  options: BuyAndPostOptions = {},
): Promise<BoughtJob> {
  const plan = await planJob(client, request, options.onStep);
  options.onStep?.("quote");
  const purchase = await quotePurchase(client, plan.terms, options);
  options.onPlan?.(plan, purchase);
  requireWithinLimit(purchase);
  const { paying, amountIn } = purchase;
  const hint = `get more ${paying.symbol}, or pay with another token`;
  await requireBalance(client, { token: paying.token, unit: paying, amount: amountIn, hint });
  options.onStep?.("approve");
  const data = await encodePurchase(client, plan, purchase, hint);
  options.onStep?.("post");
  const to = client.chain.network.addresses.buyAndPost;
  const receipt = await sendPost(client, plan.jobId, { to, data, label: "buy credits and post job", once: true });
  const { amountIn: paid } = eventOf(receipt, "BuyAndPost", to, "BoughtAndPosted");
  return { ...plan, receipt, purchase, amountIn: paid as bigint };
}

async function encodePurchase(
  client: SigningClient,
  { terms }: JobPlan,
  { paying, route, maxIn, deadline }: Purchase,
  hint: string,
): Promise<string> {
  const { interface: abi } = client.chain.contracts.buyAndPost;
  const spender = client.chain.network.addresses.buyAndPost;
  const payment = { tokenIn: paying.address, hops: hopsOf(route), maxIn, deadline };
  const wanted = { token: paying.token, spender, amount: maxIn };
  if (!(await isApproved(client, wanted))) {
    const permit = await signPermit(client, { token: paying.token, spender, value: maxIn, deadline });
    if (permit !== undefined) return abi.encodeFunctionData("buyAndPostWithPermit", [terms, payment, permit]);
    // The limit may be more than the account holds; what the purchase costs now it does hold.
    await approveSpending(client, { ...wanted, unit: paying, amount: route.amountIn, allowed: maxIn, hint });
  }
  return abi.encodeFunctionData("buyAndPost", [terms, payment]);
}
