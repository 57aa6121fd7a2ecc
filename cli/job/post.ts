import { Argument, Option } from "commander";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import {
  keyOptions,
  networkOptions,
  parseAddress,
  parseBytes32,
  parseCredits,
  parseCreditsOrZero,
  parseOrion,
  wholeNumber,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { facts } from "../core/table.ts";
import { readJobFiles } from "./job-files.ts";
import { DEFAULT_PROFILE, planJob, postJob, PROFILES, type JobPlan, type JobRequest } from "./post-job.ts";
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
  readonly profile: (typeof PROFILES)[number];
  readonly salt?: string;
  readonly approveOnce?: true;
  readonly dryRun?: true;
}

const STEPS = {
  check: "checking program and data",
  upload: "storing program and data on IPFS",
  approve: "approving the escrow",
  post: "posting the job",
} as const;

export const jobPost = command<Flags>({
  name: "post",
  summary: "post a job: a program, its weights and a data set, with payment in escrow",
  details: `The data set is cut along its first axis into the shards that the program is made for. Work, price, escrow and
collateral are shown before anything is signed. Prices are per shard; par is one CU per 10^12 units of work.`,
  args: [new Argument("<program>", "program file (.ortp)")],
  options: [
    new Option("--weights <files...>", ".npy files of the constants in node order, or a folder of them"),
    new Option("--input <files...>", "one .npy file per input slot, of equally many rows").makeOptionMandatory(),
    new Option("--shared <files...>", "one .npy file per shared slot"),
    new Option("--price <amount>", "CU per shard (default: par)").argParser(parseCredits),
    new Option("--shards-per-claim <n>", "shards that one claim covers (default: chosen)").argParser(
      wholeNumber(1, MAX_SHARDS_PER_CLAIM),
    ),
    new Option("--keeper <address>", "orchestrator that shards the data and earns the fee").argParser(parseAddress),
    new Option("--keeper-fee <amount>", "CU per shard for the keeper (default: 0)").argParser(parseCreditsOrZero),
    new Option("--collateral <amount>", "ORION that a worker locks per shard (default: chosen)").argParser(parseOrion),
    new Option("--profile <name>", "set of time windows").choices(PROFILES).default(DEFAULT_PROFILE),
    new Option("--salt <hex>", "makes equal jobs distinct (default: random)").argParser(parseBytes32),
    new Option("--approve-once", "approve the market for any amount of CU, to save a transaction next time"),
    new Option("--dry-run", "check, store and show the plan; sign nothing"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion job post model.ortp --weights weights/ --input images.npy --account engineer",
    "orion job post model.ortp --weights weights/ --input images.npy --profile fast --price 0.002 --dry-run",
    "orion job post model.ortp --weights w0.npy w1.npy --input x.npy --keeper 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --keeper-fee 0.0001 --json",
  ],
  async run(invocation) {
    const { flags, terminal } = invocation;
    const request = await requestOf(invocation);
    await withSigningClient(invocation, async (client) => {
      const progress = createProgress(terminal);
      const onStep = (step: keyof typeof STEPS): void => progress.update(STEPS[step]);
      if (flags.dryRun === true) {
        const plan = await planJob(client, request, onStep);
        progress.end();
        terminal.result({ dryRun: true, ...planJson(plan) }, planLines(plan));
        return;
      }
      const onPlan = (plan: JobPlan): void => planLines(plan).forEach((line) => terminal.note(line));
      const posted = await postJob(client, request, { onStep, onPlan, infiniteApproval: flags.approveOnce === true });
      progress.end();
      const { hash, gasUsed } = posted.receipt;
      terminal.result({ ...planJson(posted), transaction: hash, gas: gasUsed }, [
        `posted job ${posted.jobId}`,
        `follow it with \`orion job watch ${posted.jobId}\``,
      ]);
    });
  },
});

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
    ...(flags.collateral === undefined ? {} : { collateralPerShard: flags.collateral }),
    ...(flags.salt === undefined ? {} : { salt: flags.salt }),
  };
}

function planJson({ jobId, terms, escrow, units, dataset, facts: { work, macs, peakBytes, batch } }: JobPlan): object {
  return { jobId, terms, escrow, units, dataset, program: { work, macs, peakBytes, batch } };
}

/** What the poster is about to promise. */
export function planLines({ jobId, terms, escrow, units, facts: program }: JobPlan): string[] {
  const tip = terms.pricePerShard - terms.workPerShard;
  const perClaim = terms.collateralPerShard * BigInt(terms.shardsPerClaim);
  return facts([
    ["job", jobId],
    ["data", `${terms.rows} rows in ${terms.shards} shards of ${program.batch}`],
    ["claims", `${units} of up to ${terms.shardsPerClaim} shards`],
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
    [
      "collateral",
      `${formatAmount(terms.collateralPerShard, ORION)} per shard, ${formatAmount(perClaim, ORION)} per full claim`,
    ],
    ["windows", PROFILES[terms.profile] ?? String(terms.profile)],
  ]);
}
