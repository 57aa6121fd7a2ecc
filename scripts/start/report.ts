import { CU, formatAmount, table, type BoughtJob, type JobResult } from "@orion/cli";

import type { Evaluation } from "../../examples/digits/index.ts";
import { exchangeLines, type ExchangeReport } from "./exchange-report.ts";
import { disputeJson, disputeLines, type DisputeReport } from "./disputes.ts";
import { KINDS, type GasReport } from "./gas.ts";
import type { IndexedRun } from "./index-report.ts";
import type { Payment } from "./payments.ts";
import type { BackendReport } from "./services.ts";

/** Everything that `npm start` found out. */
export interface Outcome {
  readonly posted: BoughtJob;
  readonly result: JobResult;
  readonly evaluation: Evaluation;
  readonly payments: readonly Payment[];
  readonly disputes: readonly DisputeReport[];
  /** Share of hashing in the time that the workers' outputs took. */
  readonly hashing: number;
  readonly dex: ExchangeReport;
  /** The same from the index, where there is one; it was asserted equal. */
  readonly index: IndexedRun | undefined;
  readonly gas: GasReport;
  readonly transactions: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly backend: readonly BackendReport[];
}

/** The figures for machines; amounts are decimal strings of CU base units. */
export function summaryJson(outcome: Outcome): object {
  const { posted, result, gas } = outcome;
  const { terms, jobId, escrow, units, dataset } = posted;
  const { post, manifest, claim, commit, settle } = gas.largest;
  return {
    job: { id: jobId, units, escrow, ...terms, dataset },
    shards: terms.shards,
    accuracy: outcome.evaluation.accuracy,
    result: { cid: result.cid, root: result.root },
    gas: { post, manifest, claim, commit, settle, perShard: gas.perShard },
    transactions: outcome.transactions,
    payments: outcome.payments,
    disputes: outcome.disputes.map(disputeJson),
    hashing: outcome.hashing,
    dex: outcome.dex,
    index: outcome.index === undefined ? null : { block: outcome.index.block, seconds: outcome.index.seconds },
    seconds: outcome.seconds,
    backend: outcome.backend,
  };
}

/** The same for people: what the index knows as the index tells it, the rest as it was measured. */
export function reportLines(outcome: Outcome): string[] {
  const { posted, evaluation, index, gas, seconds, backend } = outcome;
  const { result, payments } = index ?? outcome;
  const disputes = outcome.disputes.map((dispute, i) => ({ ...dispute, ...index?.disputes[i] }));
  const { terms, escrow, jobId } = posted;
  return [
    "",
    `Job ${jobId}: ${terms.rows} images in ${terms.shards} shards, settled and paid for`,
    `Accuracy ${(100 * evaluation.accuracy).toFixed(2)}% (${evaluation.correct} of ${evaluation.total} labels)`,
    `Result ${result.cid ?? ""}, checked against every claim`,
    `       root ${result.root}`,
    "",
    ...table(
      ["paid to", "as", "shards", "amount"],
      payments.map(({ account, role, shards, amount }) => [account, role, String(shards), formatAmount(amount, CU)]),
    ),
    `together ${formatAmount(escrow, CU)}: the whole escrow`,
    "",
    ...disputes.flatMap(disputeLines),
    "",
    ...exchangeLines({ ...outcome.dex, ...index?.dex }),
    "",
    ...indexLines(index),
    "",
    ...table(
      ["step", "transactions", "largest (gas)"],
      KINDS.map((kind) => [kind, String(gas.count[kind]), gas.largest[kind].toLocaleString("en")]),
    ),
    `together ${outcome.transactions} transactions, ${gas.refused} of them outrun; ${gas.total.toLocaleString("en")} gas, ${gas.perShard.toLocaleString("en")} per shard`,
    "",
    ...table(
      ["worker", "computes with", "measured"],
      backend.map(({ worker, name, macsPerSecond }) => [worker, name, `${(macsPerSecond / 1e6).toFixed(0)} MMAC/s`]),
    ),
    "",
    `Hashing took ${(100 * outcome.hashing).toFixed(2)}% of the time of the outputs`,
    `Time ${Object.entries(seconds)
      .map(([phase, time]) => `${phase} ${time} s`)
      .join(", ")}`,
  ];
}

function indexLines(index: IndexedRun | undefined): string[] {
  if (index === undefined) return ["Index  none on this platform"];
  const { url, block, seconds } = index;
  return [
    `Index  ${url} told all this at block ${block}, ${seconds.toFixed(1)} s after it was mined; it equals the chain`,
  ];
}
