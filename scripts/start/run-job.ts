import {
  connect,
  jobResult,
  readCreditPrice,
  register,
  unlessEnded,
  watchJob,
  withSigner,
  type Client,
  type Devnet,
  type Index,
} from "@orion/cli";
import { AbortedError, UnavailableError } from "@orion/protocol/common";
import { parseEther } from "ethers";

import { accuracyOfResult } from "../../examples/digits/index.ts";
import { postDigits } from "./digits-job.ts";
import { registerCheats } from "./cheats.ts";
import { gasReport, jobTransactions } from "./gas.ts";
import { paymentsOf } from "./payments.ts";
import { disputeReports } from "./disputes.ts";
import { swapsSince } from "./exchange-report.ts";
import { askIndex, type IndexedRun } from "./index-report.ts";
import type { Outcome } from "./report.ts";
import { WORKERS, type BackendReport, type CheatWallets, type Services } from "./services.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { closeMarket, openMarket } from "./trade.ts";
import { requireFairMarket, requirePromises, requireSame } from "./verdict.ts";
import type { View } from "./view.ts";

/** ORION wei. */
const STAKE = parseEther("1000");
const LOOK_MS = 200;
/** Many times what it takes: a network that hangs is a failure, not a wait. */
const JOB_TIMEOUT_MS = 300_000;

export interface Run {
  readonly devnet: Devnet;
  readonly cheats: CheatWallets;
  readonly services: Services;
  /** Undefined where there is no graph-node for this platform. */
  readonly index: Promise<Index | undefined>;
  readonly view: View;
  readonly watch: Stopwatch;
  readonly signal: AbortSignal;
}

/** Registers the workers, posts the job, follows it to its result and holds everything against what was promised. */
export async function runJob(run: Run): Promise<Outcome> {
  const { devnet, services } = run;
  const client = await connect(devnet.network);
  try {
    const children = [devnet.chain, ...services.children];
    return await unlessEnded(children, follow(client, run));
  } finally {
    client.chain.close();
  }
}

async function follow(client: Client, { devnet, cheats, services, index, view, watch, signal }: Run): Promise<Outcome> {
  const [backend] = await Promise.all([
    services.ready,
    registerWorkers(client, devnet),
    registerCheats(client, devnet, cheats, STAKE),
  ]);
  for (const { worker, name, macsPerSecond } of backend) {
    view.step(`${worker} computes with ${name}, ${(macsPerSecond / 1e6).toFixed(0)} MMAC/s`);
  }
  watch.begin("trade");
  const { spot: priceBefore } = await readCreditPrice(client.chain);
  const tradeBlock = (await client.chain.provider.getBlockNumber()) + 1;
  const minted = await openMarket(client, devnet);
  view.step("liquidity is provided and staked, and the workers have sold future work");
  watch.begin("post");
  const engineer = withSigner(client, devnet.wallets.engineer, signal);
  const firstBlock = (await client.chain.provider.getBlockNumber()) + 1;
  const { posted, digits } = await postDigits(engineer, devnet);
  view.step(`the engineer bought the escrow and posted job ${posted.jobId}`);
  watch.begin("compute");
  const job = await untilResult(client, posted.jobId, { view, watch, signal });
  view.end();
  watch.begin("result");
  const result = await jobResult(client, job, { signal });
  const evaluation = accuracyOfResult(result.npy, digits.labels);
  const payments = paymentsOf(job, devnet);
  const disputes = await disputeReports(client, job, cheats);
  await requirePromises(client, devnet, { job, cheats, disputes, result, payments, accuracy: evaluation.accuracy });
  const { earned, rewards } = await closeMarket(client, devnet);
  const { spot: priceAfter, usdPerOrion = null } = await readCreditPrice(client.chain);
  const dex = {
    priceBefore,
    priceAfter,
    usdPerOrion,
    ...(await swapsSince(client, tradeBlock)),
    paidForEscrow: posted.amountIn,
    sold: { minted, earned },
    rewards,
  };
  await requireFairMarket(client, dex);
  watch.begin("index");
  const indexed = await toldByIndex(client, { devnet, cheats, index, signal }, posted.jobId);
  if (indexed !== undefined) requireSame(indexed, { result, payments, disputes, dex });
  const others = [devnet.wallets.validator, ...Object.values(cheats)].map(({ address }) => address);
  const transactions = await jobTransactions(client, firstBlock, others);
  const gas = gasReport(transactions, posted.terms.shards);
  watch.end();
  return {
    posted,
    result,
    evaluation,
    payments,
    disputes,
    hashing: view.hashing,
    dex,
    index: indexed,
    gas,
    transactions: transactions.length,
    seconds: watch.report(),
    backend: sorted(backend),
  };
}

/** What the index says of the run, once it has come to the newest block. */
async function toldByIndex(
  { chain }: Client,
  { devnet, cheats, index, signal }: Pick<Run, "devnet" | "cheats" | "index" | "signal">,
  jobId: string,
): Promise<IndexedRun | undefined> {
  const running = await index;
  if (running === undefined) return undefined;
  const [block, pool] = [await chain.provider.getBlockNumber(), await chain.contracts.credits.POOL()];
  return askIndex(running.url, devnet, { block, jobId, pool, cheats }, signal);
}

async function registerWorkers(client: Client, devnet: Devnet): Promise<void> {
  await Promise.all(WORKERS.map((name) => register(withSigner(client, devnet.wallets[name]), { stake: STAKE })));
}

type Watching = Pick<Run, "view" | "watch" | "signal">;

/** "compute" lasts until the last unit is committed, "settle" from there until the result is published. */
async function untilResult(
  client: Client,
  jobId: string,
  { view, watch, signal }: Watching,
): ReturnType<typeof watchJob> {
  const timeout = AbortSignal.timeout(JOB_TIMEOUT_MS);
  let isComputed = false;
  try {
    return await watchJob(client, jobId, {
      signal: AbortSignal.any([signal, timeout]),
      intervalMs: LOOK_MS,
      onLook: (job) => {
        view.job(job);
        const waiting = job.units.freeCount + job.units.active().filter(({ status }) => status === "claimed").length;
        // A claim that has fallen is computed again.
        if ((waiting === 0) !== isComputed) watch.begin(isComputed ? "compute" : "settle");
        isComputed = waiting === 0;
      },
    });
  } catch (error) {
    if (!(error instanceof AbortedError) || signal.aborted) throw error;
    throw new UnavailableError(`the job was not done after ${JOB_TIMEOUT_MS / 1000} s`, {
      hint: "the last lines of every process are shown above",
    });
  }
}

function sorted(backend: readonly BackendReport[]): BackendReport[] {
  return [...backend].sort((a, b) => a.worker.localeCompare(b.worker));
}
