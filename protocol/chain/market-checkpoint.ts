import { createHash } from "node:crypto";

import { z } from "zod";

import { newJob, MarketState, type JobRecord } from "./market-view.ts";
import type { TailStart } from "./log-tail.ts";
import type { NetworkFile } from "./network.ts";
import { RetiredJobs } from "./retired-jobs.ts";
import type { UnitRecord } from "./unit-table.ts";

/** Another number whenever the meaning of the content changes: older files are then dropped. */
const VERSION = 1;
const HEADER = /^orion market checkpoint (\d+) ([0-9a-f]{64})$/;

/** The market as of a block that no reorganisation is expected to reach. */
export interface MarketCheckpoint {
  readonly start: TailStart;
  readonly state: MarketState;
}

/** Why the text of a checkpoint is of no use; ends the sentence "the checkpoint …". */
export type Unusable = "is damaged" | "has the format of another version" | "is of another network";

const whole = z.number().int().nonnegative();
/** Base units, as decimal digits. */
const amount = z.codec(z.string().regex(/^\d+$/), z.bigint().nonnegative(), {
  decode: (digits) => BigInt(digits),
  encode: (value) => value.toString(),
});

const termsSchema = z.object({
  poster: z.string(),
  salt: z.string(),
  programRoot: z.string(),
  dataset: z.string(),
  inputsRoot: z.string(),
  challengers: z.string(),
  rows: amount,
  shards: whole,
  shardsPerClaim: whole,
  workPerShard: amount,
  pricePerShard: amount,
  keeper: z.string(),
  keeperFee: amount,
  collateralPerClaim: amount,
  options: whole,
});

const unitSchema = z.object({
  index: whole,
  from: whole,
  to: whole,
  status: z.enum(["free", "claimed", "committed", "settled"]),
  attempt: whole,
  worker: z.string(),
  provider: z.string(),
  key: z.string(),
  deadline: whole,
  outputsRoot: z.string(),
  outputs: z.string(),
  windowEnd: whole,
  accepted: z.boolean(),
}) satisfies z.ZodType<UnitRecord>;

const jobSchema = z.object({
  jobId: z.string(),
  terms: termsSchema,
  postedAtBlock: whole,
  units: z.array(unitSchema),
  manifests: z.array(z.object({ publisher: z.string(), digest: z.string(), earnsFee: z.boolean() })),
  results: z.array(z.object({ publisher: z.string(), root: z.string(), digest: z.string() })),
  payments: z.array(
    z.object({
      key: z.string(),
      unit: whole,
      worker: z.string(),
      provider: z.string(),
      pay: amount,
      tip: amount,
      fee: amount,
      feeTo: z.string(),
    }),
  ),
  penalties: z.array(
    z.object({
      kind: z.enum(["expired", "forfeited"]),
      key: z.string(),
      unit: whole,
      worker: z.string(),
      burned: amount,
      compensation: amount,
      reward: amount,
      reserved: amount,
      claim: unitSchema,
    }),
  ),
  settledShards: whole,
  cancelled: z.boolean(),
  refunded: amount,
  finishedAtBlock: whole.optional(),
});

const checkpointSchema = z.object({
  chainId: whole,
  market: z.string(),
  deployBlock: whole,
  block: z.object({ number: whole, hash: z.string(), time: whole }),
  digests: z.array(z.tuple([whole, z.tuple([whole, whole])])),
  retired: z.object({
    jobs: whole,
    workers: z.array(
      z.tuple([z.string(), z.object({ settled: whole, earned: amount, penalties: whole, lost: amount })]),
    ),
  }),
  jobs: z.array(jobSchema),
});

type Content = z.output<typeof checkpointSchema>;
type JobContent = Content["jobs"][number];

/** The text of a checkpoint: a line with version and SHA-256, then JSON. The same market as of the same block always has the same text. */
export function encodeCheckpoint(network: NetworkFile, { start, state }: MarketCheckpoint): string {
  const content: Content = {
    ...nameOf(network),
    block: start.block,
    digests: start.digests.map(([segment, [count, sum]]): Content["digests"][number] => [segment, [count, sum]]),
    retired: { jobs: state.retired.count, workers: state.retired.entries() },
    jobs: [...state.jobs.values()].map(jobContent),
  };
  content.digests.sort(([a], [b]) => a - b);
  const body = JSON.stringify(z.encode(checkpointSchema, content));
  return `orion market checkpoint ${String(VERSION)} ${sha256(body)}\n${body}\n`;
}

/** The market of a checkpoint's text, or why it is of no use. Whether the chain still has its block is for the caller to see. */
export function decodeCheckpoint(text: string, network: NetworkFile): MarketCheckpoint | Unusable {
  const end = text.indexOf("\n");
  const [, version, hash] = HEADER.exec(text.slice(0, end)) ?? [];
  if (version === undefined) return "is damaged";
  if (Number(version) !== VERSION) return "has the format of another version";
  const body = text.slice(end + 1, -1);
  if (!text.endsWith("\n") || sha256(body) !== hash) return "is damaged";
  const content = checkpointSchema.safeDecode(JSON.parse(body) as z.input<typeof checkpointSchema>).data;
  if (content === undefined) return "is damaged";
  const { chainId, market, deployBlock } = nameOf(network);
  const isOfNetwork = content.chainId === chainId && content.market === market && content.deployBlock === deployBlock;
  if (!isOfNetwork) return "is of another network";
  const state = new MarketState(new RetiredJobs(content.retired.jobs, content.retired.workers));
  for (const job of content.jobs) state.jobs.set(job.jobId, jobRecord(job));
  return { start: { block: content.block, digests: content.digests }, state };
}

function nameOf({ chainId, addresses, deployBlock }: NetworkFile): {
  chainId: number;
  market: string;
  deployBlock: number;
} {
  return { chainId, market: addresses.market, deployBlock };
}

function jobContent({ units, finishedAtBlock, ...job }: JobRecord): JobContent {
  return { ...job, units: units.touched(), ...(finishedAtBlock === undefined ? {} : { finishedAtBlock }) };
}

function jobRecord({ jobId, terms, postedAtBlock, units, finishedAtBlock, ...rest }: JobContent): JobRecord {
  const job = newJob(jobId, terms, postedAtBlock);
  for (const unit of units) job.units.put(unit);
  return Object.assign(job, rest, { finishedAtBlock });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
