import { Argument, Option } from "commander";

import { shapeOf } from "@orion/protocol/tensor";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { facts } from "../core/table.ts";
import { writeWhole } from "../core/write-file.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { jobResult } from "./job-result.ts";

interface Flags extends NetworkFlags {
  readonly out?: string;
  readonly trustRoot?: true;
}

export const jobResultCommand = command<Flags>({
  name: "result",
  summary: "fetch a settled job's result, check it and write it as .npy",
  details: `Every shard's output is checked against the claim that was settled on chain. With --trust-root the announced root is
taken as it is, and only the content is checked against it.`,
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  options: [
    new Option("--out <file>", "where to write it (default: <job>.npy)"),
    new Option("--trust-root", "do not recompute the result root from the claims"),
    ...networkOptions,
  ],
  examples: ["orion job result 0x3fa9c0 --out classes.npy", "orion job result 0x3fa9c0 --json"],
  async run(invocation) {
    const { args, flags, terminal, interrupts } = invocation;
    await withClient(invocation, async (client) => {
      const job = await findJob(client, args[0] as string);
      const progress = createProgress(terminal);
      const result = await jobResult(client, job, {
        trustRoot: flags.trustRoot === true,
        signal: interrupts.signal,
        onProgress: (done, total) => progress.update("checking the shards", done, total),
      });
      progress.end();
      const file = flags.out ?? `${job.jobId.slice(0, 10)}.npy`;
      await writeWhole(file, result.npy);
      const { root, cid, verified, acceptedShards, tensor } = result;
      const shape = shapeOf(tensor);
      terminal.result(
        { jobId: job.jobId, file, root, cid, verified, acceptedShards, dtype: tensor.dtype, shape },
        facts([
          ["file", file],
          ["content", `${tensor.dtype}[${shape.join(",")}]`],
          ["root", root],
          ["cid", cid ?? "not published: joined here"],
          ["checked", verified ? "against every settled claim" : "against the announced root only"],
          ["accepted", `${acceptedShards} shards without waiting for their window`],
        ]),
      );
    });
  },
});
