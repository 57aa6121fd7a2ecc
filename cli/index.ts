export { CU, formatAmount, formatRounded, ORION, type Unit } from "./core/amounts.ts";
export { bar } from "./core/bar.ts";
export { connect, withSigner, type Client, type SigningClient } from "./core/client.ts";
export { exitCodeOf, printFailure } from "./core/failure.ts";
export { takeInterrupts, type Interrupts } from "./core/interrupts.ts";
export { toJson } from "./core/json.ts";
export { Secrets } from "./core/secrets.ts";
export { facts, table } from "./core/table.ts";
export { createTerminal, type Terminal } from "./core/terminal.ts";
export { writeWhole } from "./core/write-file.ts";
export { balancesOf, type Balances } from "./credits/balance.ts";
export { mintCredits } from "./credits/mint.ts";
export { readCreditPrice, type CreditPrice } from "./credits/read-price.ts";
export { addLiquidity } from "./dex/add.ts";
export { deadlineIn } from "./dex/deadline.ts";
export { stakeShares } from "./dex/farm/deposit.ts";
export { harvest } from "./dex/farm/harvest.ts";
export { planAdd } from "./dex/plan-add.ts";
export { planSwap } from "./dex/plan-swap.ts";
export { parsePoolName } from "./dex/pool-name.ts";
export { swap } from "./dex/swap.ts";
export { compileContracts } from "./devnet/compile.ts";
export { DEV_ACCOUNTS, type DevAccount, type DevWallets } from "./devnet/accounts.ts";
export { devnetLines } from "./devnet/command.ts";
export { rpc } from "./devnet/rpc.ts";
export { startDevnet, type Devnet, type DevnetOptions } from "./devnet/start-devnet.ts";
export { NoBinaryError } from "./indexer/errors.ts";
export { startIndex, type Index, type IndexOptions, type IndexPorts } from "./indexer/start-index.ts";
export { acceptUnits } from "./job/accept.ts";
export { cancelProposal } from "./gov/cancel.ts";
export { delegateVotes } from "./gov/delegate.ts";
export { executeProposal } from "./gov/execute.ts";
export { propose } from "./gov/propose.ts";
export { queueProposal } from "./gov/queue.ts";
export { castVote } from "./gov/vote.ts";
export { buyAndPostJob, type BoughtJob, type BuyAndPostOptions } from "./job/buy-and-post.ts";
export { cancelJob } from "./job/cancel.ts";
export { jobResult, type JobResult } from "./job/job-result.ts";
export { collectOwed } from "./job/collect.ts";
export { mintAndPostJob, type MintAndPostOptions, type MintedPost } from "./job/mint-and-post.ts";
export { quoteJobMint, type MintOptions, type MintQuote } from "./job/mint-quote.ts";
export { planLines } from "./job/post.ts";
export {
  NoLivePriceError,
  planJob,
  postJob,
  PROFILES,
  type JobPlan,
  type JobRequest,
  type PostedJob,
} from "./job/post-job.ts";
export { purchaseLines, quotePurchase, type Purchase, type PurchaseOptions } from "./job/purchase.ts";
export { summarise, type JobSummary } from "./job/summary.ts";
export { tipJob } from "./job/tip.ts";
export { watchJob } from "./job/watch-job.ts";
export { ChildEndedError, startChild, unlessEnded, type Child, type ChildOptions } from "./process/child.ts";
export { providerAccount } from "./provider/account.ts";
export { register } from "./provider/register.ts";
export { chooseUnits } from "./job/units.ts";
