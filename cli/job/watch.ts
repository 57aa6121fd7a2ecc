import { Argument, Option } from "commander";

import { isMinted, mintedWaitOf } from "@orion/protocol/chain";

import { withClient } from "../core/client.ts";
import { bar } from "../core/bar.ts";
import { command } from "../core/command.ts";
import { toJson } from "../core/json.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { paysFrom } from "./minted.ts";
import { summarise, summaryLines, type JobSummary } from "./summary.ts";
import { watchJob } from "./watch-job.ts";

interface Flags extends NetworkFlags {
  readonly until: "settled" | "result";
}

const BAR_WIDTH = 32;

export const jobWatch = command<Flags>({
  name: "watch",
  summary: "follow a job until it is settled and its result published",
  details:
    "Nothing is kept here: stop it and start it again as you like. With --json one object a line, whenever something changed.",
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  options: [
    new Option("--until <state>", "what to wait for").choices(["settled", "result"]).default("result"),
    ...networkOptions,
  ],
  examples: ["orion job watch 0x3fa9c0", "orion job watch 0x3fa9c0 --until settled --json"],
  async run(invocation) {
    const { args, flags, terminal, interrupts } = invocation;
    await withClient(invocation, async (client) => {
      const found = await findJob(client, args[0] as string);
      const { jobId } = found;
      const wait = isMinted(found.terms) ? { settlesFrom: (await mintedWaitOf(client.chain, found)) + 1 } : {};
      let last = "";
      const show = (summary: JobSummary): void => {
        const line = progressLine(summary, wait.settlesFrom);
        terminal.draw([`${bar(summary.settled, summary.shards, BAR_WIDTH)} ${line}`]);
        const event = { ...summary, ...wait };
        const seen = toJson(event);
        if (seen !== last && !terminal.interactive) terminal.event(event, line);
        last = seen;
      };
      const job = await watchJob(client, jobId, {
        signal: interrupts.signal,
        until: flags.until,
        onLook: (seen) => show(summarise(seen)),
      });
      terminal.draw([]);
      if (!terminal.json) terminal.result({}, summaryLines(summarise(job)));
    });
  },
});

/** @param settlesFrom chain time from which on a job with minted escrow pays */
export function progressLine(summary: JobSummary, settlesFrom?: number): string {
  const { settled, committed, claimed, free, shards, results, state } = summary;
  // What has settled shows that the wait is over.
  const pays =
    settlesFrom === undefined || settled > 0 || state === "cancelled" ? "" : `, pays ${paysFrom(settlesFrom)}`;
  const waiting = settled === shards && results === 0 ? ", waiting for the result" : "";
  return `${settled}/${shards} settled, ${committed} in their window, ${claimed} computing, ${free} free${pays}${waiting}`;
}
