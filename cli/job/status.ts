import { Argument, Option } from "commander";

import { readMarket, type JobRecord, type UnitRecord } from "@orion/protocol/chain";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, parseAddress, type NetworkFlags } from "../core/options.ts";
import { whileScanning } from "../core/progress.ts";
import { table } from "../core/table.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { mintedFacts, readMinted } from "./minted.ts";
import { summarise, summaryLines } from "./summary.ts";

interface Flags extends NetworkFlags {
  readonly units?: true;
  readonly poster?: string;
  readonly all?: true;
}

/** Units shown with --units. */
const MOST_LISTED = 10_000;

export const jobStatus = command<Flags>({
  name: "status",
  summary: "show where a job stands, or list jobs",
  details: `The list has the jobs that go on, and finished ones for a day (without a result for thirty days); --all reads the others from the
chain's history too. A single job is found however old it is.`,
  args: [new Argument("[job]", "id of the job, or its first digits (default: list jobs)").argParser(parseJobId)],
  options: [
    new Option("--units", `also list the job's units, ${MOST_LISTED} at most`),
    new Option("--poster <address>", "list only this poster's jobs").argParser(parseAddress),
    new Option("--all", "list also jobs that finished long ago, which reads the whole history"),
    ...networkOptions,
  ],
  examples: ["orion job status", "orion job status 0x3fa9c0 --units", "orion job status 0x3fa9c0 --json"],
  async run(invocation) {
    const { args, flags, terminal } = invocation;
    await withClient(invocation, async (client) => {
      if (args[0] === undefined) {
        const { jobs, retired } = await (flags.all === true
          ? whileScanning(terminal, "reading jobs", (onBlocks) => readMarket(client.chain, onBlocks))
          : client.follower.sync());
        if (retired.count > 0) terminal.note(`${retired.count} jobs that finished long ago are not listed: --all`);
        const all = [...jobs.values()]
          .map(summarise)
          .filter(({ poster }) => flags.poster === undefined || poster === flags.poster);
        const rows = all.map(({ jobId, state, settled, shards, poster }) => [
          jobId,
          state,
          `${settled}/${shards}`,
          poster,
        ]);
        terminal.result(
          { jobs: all, notListed: retired.count },
          rows.length === 0 ? ["no jobs"] : table(["job", "state", "settled", "poster"], rows),
        );
        return;
      }
      const job = await findJob(client, args[0] as string);
      const minted = await readMinted(client.chain, job);
      const summary = { ...summarise(job), ...(minted === undefined ? {} : { mint: minted }) };
      const lines = summaryLines(summary, minted === undefined ? [] : mintedFacts(minted));
      if (flags.units !== true) {
        terminal.result(summary, lines);
        return;
      }
      const units = listed(job);
      const rows = units.map((unit) => [
        String(unit.index),
        `${unit.from}–${unit.to - 1}`,
        unit.status,
        String(unit.attempt),
        unit.worker === "" ? "-" : unit.worker,
      ]);
      terminal.result({ ...summary, units }, [
        ...lines,
        "",
        ...table(["unit", "shards", "state", "attempt", "worker"], rows),
      ]);
    });
  },
});

/** The first units of a job, which may have billions. */
function listed(job: JobRecord): UnitRecord[] {
  return Array.from({ length: Math.min(job.units.length, MOST_LISTED) }, (_, index) => job.units.get(index));
}
