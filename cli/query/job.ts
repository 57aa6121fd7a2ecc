import { Argument } from "commander";

import { jobQuery, type JobQuery } from "@orion/protocol/query";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { facts, table } from "../core/table.ts";
import { parseJobId } from "../job/find-job.ts";
import { answer, instant } from "./answer.ts";
import { limitOption, queryOptions, type QueryFlags } from "./options.ts";
import { idRange, onlyOne } from "./prefix.ts";

interface Flags extends QueryFlags {
  readonly limit: number;
}

export type IndexedJob = JobQuery["jobs"][number];

export const queryJob = command<Flags>({
  name: "job",
  summary: "show a job: its terms, its money to the last unit, its units",
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  // Lists inside an entity come in one page.
  options: [limitOption("units", 50, 1_000), ...queryOptions],
  examples: ["orion query job 0x3fa9c0", "orion query job 0x3fa9c0 --limit 1000 --fresh --json"],
  async run(invocation) {
    const prefix = invocation.args[0] as string;
    await answer(invocation, async ({ client, at }) => {
      const found = await client.ask(jobQuery, { ...idRange(prefix), units: invocation.flags.limit, ...at });
      const job = onlyOne("job", found.jobs, prefix);
      return { value: job, lines: jobLines(job), dated: found };
    });
  },
});

const cu = (...amounts: string[]): string => formatAmount(sum(amounts), CU);
const orion = (...amounts: string[]): string => formatAmount(sum(amounts), ORION);
const NONE = `0x${"0".repeat(64)}`;
const sum = (amounts: readonly string[]): bigint => amounts.reduce((total, each) => total + BigInt(each), 0n);

function stateOf({ cancelled, finished }: IndexedJob): string {
  if (cancelled) return finished ? "cancelled" : "cancelling";
  return finished ? "settled" : "open";
}

export function jobLines(job: IndexedJob): string[] {
  const settled = BigInt(job.shards) - BigInt(job.unsettled);
  const [result] = job.results;
  const rows = job.units.map(({ index, from, to, state, worker, attempt, pendingReserves, verdict }) => [
    index,
    `${from}–${String(BigInt(to) - 1n)}`,
    state.toLowerCase(),
    worker?.id ?? "",
    String(attempt),
    pendingReserves === 0 ? "" : `${pendingReserves} ${verdict === null ? "undecided" : "to be paid"}`,
  ]);
  return [
    ...facts([
      ["job", job.id],
      ["poster", job.poster],
      ["state", `${stateOf(job)}, posted ${instant(job.postedAt)}`],
      [
        "work",
        `${job.rows} rows in ${job.shards} shards, ${cu(job.workPerShard)} of work and ${cu(job.pricePerShard)} each`,
      ],
      ["shards", `${String(settled)} of ${job.shards} settled or refunded, ${job.unclaimed} never claimed`],
      ["data", job.manifests[0]?.cid ?? "no manifest yet"],
      ["result", result === undefined ? "not published yet" : result.cid],
      ["escrow", `${cu(job.escrow)} of ${cu(job.escrowPosted)} left, ${cu(job.tipPot)} of tips`],
      [
        "paid",
        `${cu(job.paidForWork)} for work, ${cu(job.paidTips)} of tips, ${cu(job.paidFees, job.keptFees)} of fees`,
      ],
      ["refunded", cu(job.refunded, job.tipsRefunded)],
      [
        "penalties",
        `${orion(job.burned, job.compensated, job.rewarded, job.reserved)}, ${orion(job.compensated)} of it to the poster, ${orion(job.reserved)} put in reserve`,
      ],
      ["collateral", `${orion(job.collateralPerClaim)} for each claim`],
      ["challengers", job.challengers === NONE ? "anyone" : `the accounts of list ${job.challengers}`],
    ]),
    "",
    ...(rows.length === 0
      ? ["no unit was claimed yet"]
      : table(["unit", "shards", "state", "worker", "attempt", "reserves"], rows)),
  ];
}
