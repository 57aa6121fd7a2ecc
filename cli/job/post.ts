import { Argument, Option } from "commander";
import { ZeroHash } from "ethers";

import { profileOf } from "@orion/protocol/disputes";
import { addressOnly } from "@orion/protocol/storage";

import { CU, formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import {
  keyOptions,
  networkOptions,
  parseBytes32,
  parseDecimal,
  parseDuration,
  parseEscrow,
  parseFee,
  parseHolder,
  parseOrion,
  wholeNumber,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { createProgress, type Progress } from "../core/progress.ts";
import { facts } from "../core/table.ts";
import { buyAndPostJob } from "./buy-and-post.ts";
import { readChallengers } from "./challengers-file.ts";
import { readJobFiles } from "./job-files.ts";
import { mintAndPostJob } from "./mint-and-post.ts";
import { mintJson, mintLines, quoteJobMint, type MintOptions } from "./mint-quote.ts";
import { MINT, mintOptions, parsePay, purchaseOptions, requirePayFlags } from "./pay-options.ts";
import {
  DEFAULT_PROFILE,
  planJob,
  postJob,
  PROFILES,
  type JobPlan,
  type JobRequest,
  type PostedJob,
} from "./post-job.ts";
import { purchaseJson, purchaseLines, quotePurchase, type PurchaseOptions } from "./purchase.ts";
import { MAX_SHARDS_PER_CLAIM } from "./units.ts";

interface Flags extends KeyFlags, NetworkFlags {
  readonly weights?: readonly string[];
  readonly input: readonly string[];
  readonly shared?: readonly string[];
  readonly price?: bigint;
  readonly shardsPerClaim?: number;
  readonly keeper?: string;
  readonly keeperFee?: bigint;
  readonly collateral?: bigint;
  readonly withoutPrice?: true;
  readonly pay?: string;
  readonly maxPrice?: string;
  readonly deadline?: number;
  readonly term?: number;
  readonly maxCost?: bigint;
  readonly profile: (typeof PROFILES)[number];
  readonly challengers?: string;
  readonly salt?: string;
  readonly approveOnce?: true;
  readonly dryRun?: true;
}

const STEPS = {
  check: "checking program and data",
  upload: "storing program and data on IPFS",
  quote: "asking for the price of the escrow",
  approve: "approving the escrow",
  post: "posting the job",
} as const;

export const jobPost = command<Flags>({
  name: "post",
  summary: "post a job: a program, its weights and a data set, with payment in escrow",
  details: `The data set is cut along its first axis into the shards that the program is made for. Work, price, escrow and
collateral are shown before anything is signed. Prices are per shard; par is one CU per 10^18 units of work.
The escrow is paid in CU of the account. With --pay orion it is bought on the exchange and the job posted in one transaction: route, price, impact, fees and the
most that is paid are shown first. With --pay mint it is minted against ORION that the account locks, and owed back by the end of a term: lock, fee and term are
shown first. Such a job pays nobody within 24 hours of its post, and what comes back of its escrow lowers that debt. The collateral is 20 times what the work costs at the mean price of 7 days, within the market's bounds.`,
  args: [new Argument("<program>", "the folder of an imported model, or a program file (.ortp)")],
  options: [
    new Option(
      "--weights <files...>",
      ".npy files of the constants in node order, or a folder of them (default: those of the model's folder)",
    ),
    new Option(
      "--input <files...>",
      "one .npy file per input slot, of equally many rows; for a model's folder also .npz and safetensors, real numbers included",
    ).makeOptionMandatory(),
    new Option("--shared <files...>", "one .npy file per shared slot"),
    new Option("--price <amount>", "CU per shard (default: par)").argParser(parseEscrow),
    new Option("--shards-per-claim <n>", "shards that one claim covers (default: chosen)").argParser(
      wholeNumber(1, MAX_SHARDS_PER_CLAIM),
    ),
    new Option("--keeper <address>", "orchestrator that shards the data and earns the fee").argParser(parseHolder),
    new Option("--keeper-fee <amount>", "CU per shard for the keeper (default: 0)").argParser(parseFee),
    new Option("--collateral <amount>", "ORION that a worker locks per claim (default: chosen)").argParser(parseOrion),
    new Option(
      "--without-price",
      "where the exchange gives no live price, take the floor of credits for the collateral",
    ),
    new Option("--pay <token>", "`mint` the escrow, or buy it with `orion` or with the token of an address").argParser(
      parsePay,
    ),
    new Option(
      "--max-price <amount>",
      "with a purchase: most to pay per CU (default: mean of the last hour + 5%, without one present price + 5%)",
    ).argParser(parseDecimal),
    new Option("--deadline <time>", "with a purchase: until when it must happen (default: 10m)").argParser(
      parseDuration,
    ),
    new Option("--term <time>", "with --pay mint: until when the escrow is owed, at most 30d (default: 30d)").argParser(
      parseDuration,
    ),
    new Option(
      "--max-cost <amount>",
      "with --pay mint: most ORION to pay, lock and fee (default: what it costs now and 1%)",
    ).argParser(parseOrion),
    new Option(
      "--challengers <file>",
      "accounts that alone may demand of the claims, one address a line; the list is published (default: anyone)",
    ),
    new Option("--profile <name>", "set of time windows").choices(PROFILES).default(DEFAULT_PROFILE),
    new Option("--salt <hex>", "makes equal jobs distinct (default: random)").argParser(parseBytes32),
    new Option("--approve-once", "approve the market for any amount of CU, to save a transaction next time"),
    new Option("--dry-run", "check and show the plan; store and sign nothing"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion job post recogniser --input lines.npy --account engineer",
    "orion job post model.ortp --weights weights/ --input images.npy --account engineer",
    "orion job post model.ortp --weights weights/ --input images.npy --profile fast --price 80pCU --dry-run",
    "orion job post model.ortp --weights weights/ --input images.npy --pay orion --max-price 1.2 --account engineer",
    "orion job post model.ortp --weights weights/ --input images.npy --pay mint --term 14d --account engineer",
    "orion job post model.ortp --weights w0.npy w1.npy --input x.npy --keeper 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --keeper-fee 0.0001 --json",
    "orion job post model.ortp --weights weights/ --input private.npy --challengers auditors.txt --account engineer",
  ],
  async run(invocation) {
    const { flags, terminal } = invocation;
    const request = await requestOf(invocation);
    requirePayFlags(flags);
    await withSigningClient(invocation, async (connected) => {
      const client = flags.dryRun === true ? { ...connected, store: addressOnly(connected.store) } : connected;
      const progress = createProgress(terminal);
      const asked: Asked = { client, request, invocation, progress };
      if (flags.pay === MINT) {
        const minting = mintOptions(flags);
        await (flags.dryRun === true ? showMint(asked, minting) : postMinting(asked, minting));
        return;
      }
      const buying = flags.pay === undefined ? undefined : await purchaseOptions(client.chain, flags.pay, flags);
      if (flags.dryRun === true) await showPlan(asked, buying);
      else if (buying === undefined) await postWithCredits(asked);
      else await postBuying(asked, buying);
    });
  },
});

interface Asked {
  readonly client: SigningClient;
  readonly request: JobRequest;
  readonly invocation: Invocation<Flags>;
  readonly progress: Progress;
}

const stepsOn =
  (progress: Progress) =>
  (step: keyof typeof STEPS): void =>
    progress.update(STEPS[step]);

async function showPlan({ client, request, invocation, progress }: Asked, buying?: PurchaseOptions): Promise<void> {
  const plan = await planJob(client, request, stepsOn(progress));
  const purchase = buying === undefined ? undefined : await quotePurchase(client, plan.terms, buying);
  progress.end();
  const bought = purchase === undefined ? {} : { purchase: purchaseJson(purchase) };
  const lines = [...planLines(plan), ...(purchase === undefined ? [] : purchaseLines(purchase))];
  invocation.terminal.result({ dryRun: true, ...planJson(plan), ...bought }, lines);
}

async function postWithCredits({ client, request, invocation, progress }: Asked): Promise<void> {
  const { flags, terminal } = invocation;
  const posted = await postJob(client, request, {
    onStep: stepsOn(progress),
    onPlan: (plan) => planLines(plan).forEach((line) => terminal.note(line)),
    infiniteApproval: flags.approveOnce === true,
  });
  progress.end();
  terminal.result({ ...postedJson(posted), transactions: client.transactions }, postedLines(posted));
}

async function postBuying({ client, request, invocation, progress }: Asked, buying: PurchaseOptions): Promise<void> {
  const { terminal } = invocation;
  const posted = await buyAndPostJob(client, request, {
    ...buying,
    onStep: stepsOn(progress),
    onPlan: (plan, price) => [...planLines(plan), ...purchaseLines(price)].forEach((line) => terminal.note(line)),
  });
  progress.end();
  const { amountIn, purchase } = posted;
  terminal.result(
    { ...postedJson(posted), paid: amountIn, purchase: purchaseJson(purchase), transactions: client.transactions },
    [`paid ${formatRounded(amountIn, purchase.paying)} for ${formatAmount(posted.escrow, CU)}`, ...postedLines(posted)],
  );
}

async function showMint({ client, request, invocation, progress }: Asked, minting: MintOptions): Promise<void> {
  const plan = await planJob(client, { ...request, minted: true }, stepsOn(progress));
  const quote = await quoteJobMint(client, plan.terms, minting);
  progress.end();
  const lines = [...planLines(plan), ...mintLines(quote)];
  invocation.terminal.result({ dryRun: true, ...planJson(plan), mint: mintJson(quote) }, lines);
}

async function postMinting({ client, request, invocation, progress }: Asked, minting: MintOptions): Promise<void> {
  const { terminal } = invocation;
  const posted = await mintAndPostJob(client, request, {
    ...minting,
    onStep: stepsOn(progress),
    onPlan: (plan, quote) => [...planLines(plan), ...mintLines(quote)].forEach((line) => terminal.note(line)),
  });
  progress.end();
  const { position, quote } = posted;
  terminal.result({ ...postedJson(posted), position, mint: mintJson(quote), transactions: client.transactions }, [
    `locked ${formatAmount(position.lock, ORION)} and burned ${formatRounded(position.fee, ORION)}: position ${position.id} owes ${formatAmount(position.debt, CU)} by ${formatTime(position.end)}`,
    ...postedLines(posted),
  ]);
}

async function requestOf({ args, flags }: Invocation<Flags>): Promise<JobRequest> {
  const files = await readJobFiles({
    program: args[0] as string,
    weights: flags.weights ?? [],
    inputs: flags.input,
    shared: flags.shared ?? [],
  });
  return {
    ...files,
    profile: PROFILES.indexOf(flags.profile),
    ...(flags.price === undefined ? {} : { pricePerShard: flags.price }),
    ...(flags.shardsPerClaim === undefined ? {} : { shardsPerClaim: flags.shardsPerClaim }),
    ...(flags.keeper === undefined ? {} : { keeper: flags.keeper }),
    ...(flags.keeperFee === undefined ? {} : { keeperFee: flags.keeperFee }),
    ...(flags.collateral === undefined ? {} : { collateralPerClaim: flags.collateral }),
    ...(flags.withoutPrice === undefined ? {} : { withoutPrice: true }),
    ...(flags.challengers === undefined ? {} : { challengers: await readChallengers(flags.challengers) }),
    ...(flags.salt === undefined ? {} : { salt: flags.salt }),
  };
}

function planJson({ jobId, terms, escrow, units, dataset, facts: { work, macs, peakBytes, batch } }: JobPlan): object {
  return { jobId, terms, escrow, units, dataset, program: { work, macs, peakBytes, batch } };
}

function postedJson(posted: PostedJob): object {
  const { hash, gasUsed } = posted.receipt;
  return { ...planJson(posted), transaction: hash, gas: gasUsed };
}

function postedLines({ jobId }: PostedJob): string[] {
  return [`posted job ${jobId}`, `follow it with \`orion job watch ${jobId}\``];
}

/** What the poster is about to promise. */
export function planLines({ jobId, terms, escrow, units, facts: program }: JobPlan): string[] {
  const tip = terms.pricePerShard - terms.workPerShard;
  return facts([
    ["job", jobId],
    ["data", `${terms.rows} rows in ${terms.shards} shards of ${program.batch}`],
    ["claims", `${units} of ${terms.shardsPerClaim === 1 ? "one shard each" : `up to ${terms.shardsPerClaim} shards`}`],
    [
      "work",
      `${formatAmount(terms.workPerShard, CU)} per shard (${program.macs} multiply-accumulates, ${program.peakBytes} bytes)`,
    ],
    [
      "price",
      `${formatAmount(terms.pricePerShard, CU)} per shard${tip > 0n ? `, ${formatAmount(tip, CU)} above par` : ", par"}`,
    ],
    [
      "keeper fee",
      terms.keeperFee === 0n ? "none" : `${formatAmount(terms.keeperFee, CU)} per shard to ${terms.keeper}`,
    ],
    ["escrow", formatAmount(escrow, CU)],
    ["collateral", `${formatAmount(terms.collateralPerClaim, ORION)} per claim`],
    ["windows", PROFILES[profileOf(terms)] ?? String(profileOf(terms))],
    ...challengersLine(terms),
  ]);
}

function challengersLine({ challengers }: JobPlan["terms"]): [string, string][] {
  return challengers === ZeroHash ? [] : [["challengers", "only those that were named may demand"]];
}
