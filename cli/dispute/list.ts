import { Option } from "commander";

import { readDisputes } from "@orion/protocol/disputes";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { whileScanning } from "../core/progress.ts";
import { table } from "../core/table.ts";
import { findJob, parseJobId } from "../job/find-job.ts";
import { readClaims } from "./claim.ts";
import { summariseDispute } from "./summary.ts";

interface Flags extends NetworkFlags {
  readonly job?: string;
  readonly all?: true;
}

export const disputeList = command<Flags>({
  name: "list",
  summary: "list the claims that were challenged",
  options: [
    new Option("--job <job>", "only claims of this job").argParser(parseJobId),
    new Option("--all", "also claims that nobody has challenged"),
    ...networkOptions,
  ],
  examples: ["orion dispute list", "orion dispute list --job 0x3fa9c0 --all --json"],
  async run(invocation) {
    const { flags, terminal } = invocation;
    await withClient(invocation, async (client) => {
      const { chain } = client;
      const jobId = flags.job === undefined ? undefined : (await findJob(client, flags.job)).jobId;
      const state = await whileScanning(terminal, "reading disputes", (onBlocks) =>
        readDisputes(chain, "all", chain.network.deployBlock, onBlocks),
      );
      const challenged = [...state.claims.values()].map(({ key }) => key);
      const of = { ...(jobId === undefined ? {} : { jobId }), ...(flags.all === true ? {} : { keys: challenged }) };
      const claims = await whileScanning(terminal, "reading claims", (onBlocks) => readClaims(client, of, onBlocks));
      const all = [...claims.values()]
        .map((claim) => summariseDispute(claim, state.of(chain.network.addresses.market, claim.unit.key)))
        .filter(({ verdict }) => flags.all === true || verdict !== "not challenged");
      const rows = all.map(({ key, unit, verdict, answered, demands, claim }) => [
        key,
        String(unit),
        verdict,
        `${answered}/${demands}`,
        claim,
      ]);
      terminal.result(
        { disputes: all },
        rows.length === 0 ? ["no disputes"] : table(["claim", "unit", "verdict", "answered", "state"], rows),
      );
    });
  },
});
