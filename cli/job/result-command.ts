import { Argument, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { decodePort, writeNpy, type Port } from "@orion/protocol/models";
import { FORMAT, shapeOf } from "@orion/protocol/tensor";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, wholeNumber, type NetworkFlags } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { facts } from "../core/table.ts";
import { writeWhole } from "../core/write-file.ts";
import { readBundleFacts, type ModelBundle } from "../model/bundle.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { jobResult } from "./job-result.ts";

interface Flags extends NetworkFlags {
  readonly out?: string;
  readonly output: number;
  readonly trustRoot?: true;
  readonly dequantize?: string;
}

export const jobResultCommand = command<Flags>({
  name: "result",
  summary: "fetch a settled job's result, check it and write it as .npy",
  details: `Every shard's output is checked against the claim that was settled on chain. With --trust-root the announced root is
taken as it is, and only the content is checked against it.`,
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  options: [
    new Option("--output <index>", "which of the program's outputs, from 0")
      .argParser(wholeNumber(0, FORMAT.maxOutputs - 1))
      .default(0),
    new Option("--out <file>", "where to write it (default: <job>.npy, <job>-<index>.npy if there are several)"),
    new Option("--dequantize <model>", "write real numbers, by the scales of this imported model's folder"),
    new Option("--trust-root", "do not recompute the result root from the claims"),
    ...networkOptions,
  ],
  examples: [
    "orion job result 0x3fa9c0 --out classes.npy",
    "orion job result 0x3fa9c0 --output 1",
    "orion job result 0x3fa9c0 --out scores.npy --dequantize recogniser",
    "orion job result 0x3fa9c0 --json",
  ],
  async run(invocation) {
    const { args, flags, terminal, interrupts } = invocation;
    // A wrong folder is found before anything is fetched.
    const model = flags.dequantize === undefined ? undefined : await readBundleFacts(flags.dequantize);
    const port = model && portOf(model, flags.output);
    await withClient(invocation, async (client) => {
      const job = await findJob(client, args[0] as string);
      if (model !== undefined && job.terms.programRoot !== model.programRoot) {
        throw new InvalidInputError(`the job computes another program than the model ${flags.dequantize ?? ""}`, {
          hint: "name the folder of the model that was posted",
        });
      }
      const progress = createProgress(terminal);
      const result = await jobResult(client, job, {
        output: flags.output,
        trustRoot: flags.trustRoot === true,
        signal: interrupts.signal,
        onProgress: (done, total) => progress.update("checking the shards", done, total),
      });
      progress.end();
      const name = job.jobId.slice(0, 10);
      const file = flags.out ?? (result.outputs === 1 ? `${name}.npy` : `${name}-${flags.output}.npy`);
      await writeWhole(file, port === undefined ? result.npy : writeNpy(decodePort(port, result.tensor)));
      const { root, cid, verified, acceptedShards, output, outputs, tensor } = result;
      const shape = shapeOf(tensor);
      terminal.result(
        {
          jobId: job.jobId,
          dequantized: port !== undefined,
          file,
          output,
          outputs,
          root,
          cid,
          verified,
          acceptedShards,
          dtype: tensor.dtype,
          shape,
        },
        facts([
          ["file", file],
          ...(outputs === 1
            ? []
            : [["output", `${output} of 0 to ${outputs - 1}; \`--output\` takes another one`] as const]),
          ["content", `${port === undefined ? tensor.dtype : "f32"}[${shape.join(",")}]`],
          ["root", root],
          ["cid", cid ?? "not published: joined here"],
          ["checked", verified ? "against every settled claim" : "against the announced root only"],
          ["accepted", `${acceptedShards} shards without waiting for their window`],
        ]),
      );
    });
  },
});

function portOf({ folder, outputs }: Pick<ModelBundle, "folder" | "outputs">, output: number): Port {
  const port = outputs.find(({ index }) => index === output);
  if (port !== undefined) return port;
  throw new InvalidInputError(`the model ${folder} has no output ${output}, only ${outputs.length}`);
}
