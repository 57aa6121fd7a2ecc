import { Argument, Option } from "commander";

import type { JobRecord, UnitRecord } from "@orion/protocol/chain";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, parseAddress, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { summarise, summaryLines } from "./summary.ts";

interface Flags extends NetworkFlags {
  readonly units?: true;
  readonly poster?: string;
}

/** Units shown with --units. */
const MOST_LISTED = 10_000;

export const jobStatus = command<Flags>({
  name: "status",
  summary: "show where a job stands, or list all jobs",
  args: [new Argument("[job]", "id of the job, or its first digits (default: all jobs)").argParser(parseJobId)],
  options: [
    new Option("--units", `also list the job's units, ${MOST_LISTED} at most`),
    new Option("--poster <address>", "list only this poster's jobs").argParser(parseAddress),
    ...networkOptions,
  ],
  examples: ["orion job status", "orion job status 0x3fa9c0 --units", "orion job status 0x3fa9c0 --json"],
  async run(invocation) {
    const { args, flags, terminal } = invocation;
    await withClient(invocation, async (client) => {
      if (args[0] === undefined) {
        const { jobs } = await client.follower.sync();
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
          { jobs: all },
          rows.length === 0 ? ["no jobs"] : table(["job", "state", "settled", "poster"], rows),
        );
        return;
      }
      const job = await findJob(client, args[0] as string);
      const summary = summarise(job);
      if (flags.units !== true) {
        terminal.result(summary, summaryLines(summary));
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
        ...summaryLines(summary),
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
