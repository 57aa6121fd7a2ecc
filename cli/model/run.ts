import { Argument, Option } from "commander";

import { decodePort, writeNpy, writeNpz, type GraphTensor, type Port } from "@orion/protocol/models";
import { MODES, type Mode } from "@orion/protocol/kernels";
import { encodeNpy, shapeOf, type Tensor } from "@orion/protocol/tensor";

import { command } from "../core/command.ts";
import { createProgress } from "../core/progress.ts";
import { facts, table } from "../core/table.ts";
import { writeWhole } from "../core/write-file.ts";
import { readBundle } from "./bundle.ts";
import { readDataFiles } from "./data-files.ts";
import { openModel } from "./run-model.ts";

interface Flags {
  readonly input: readonly string[];
  readonly out: string;
  readonly dequantize?: true;
  readonly mode: Mode | "auto";
}

export const modelRun = command<Flags>({
  name: "run",
  summary: "compute an imported model on this machine, as the network would",
  details: `The results are the same to the bit as those of a job. Float data are quantised by the model's input scale; --dequantize writes real numbers instead of stored
ones. Several outputs are written as one .npz file.`,
  args: [new Argument("<model>", "the folder of an imported model")],
  options: [
    new Option(
      "--input <files...>",
      "data, batches behind each other: one .npy for each input, or named arrays (.npz, safetensors)",
    ).makeOptionMandatory(),
    new Option("--out <file>", "where to write the outputs").default("outputs.npy"),
    new Option("--dequantize", "write 32-bit floats"),
    new Option("--mode <mode>", "how to compute").choices(["auto", ...MODES]).default("auto"),
  ],
  examples: [
    "orion model run digits --input images.npy --out classes.npy",
    "orion model run recogniser --input lines.npy --out scores.npy --dequantize",
  ],
  async run({ args, flags, terminal, interrupts }) {
    const bundle = await readBundle(args[0] as string);
    const names = bundle.inputs.map(({ name }) => name);
    const data = await readDataFiles(flags.input, names);
    const progress = createProgress(terminal);
    progress.update("starting the device");
    const model = await openModel(bundle, flags.mode);
    try {
      const results = await model.run(data, {
        signal: interrupts.signal,
        onBatch: (done, total) => progress.update("computing", done, total),
      });
      progress.end();
      await writeWhole(flags.out, fileOf(bundle.outputs, results, flags.dequantize === true));
      const shapes = results.map(
        (result) => `${flags.dequantize === true ? "f32" : result.dtype}[${shapeOf(result).join(",")}]`,
      );
      terminal.result(
        {
          ...{ file: flags.out, mode: model.device.mode, dequantized: flags.dequantize === true },
          outputs: bundle.outputs.map((port, at) => ({ ...port, shape: shapeOf(results[at]!) })),
        },
        [
          ...facts([
            ["file", flags.out],
            ["computed with", model.device.name],
          ]),
          "",
          ...table(
            ["output", "written as"],
            bundle.outputs.map(({ name }, at) => [name, shapes[at]!]),
          ),
        ],
      );
    } finally {
      progress.end();
      await model.dispose();
    }
  },
});

function fileOf(ports: readonly Port[], results: readonly Tensor[], isReal: boolean): Uint8Array {
  const [only, second] = results;
  if (only !== undefined && second === undefined) {
    return isReal ? writeNpy(decodePort(ports[0]!, only)) : encodeNpy(only);
  }
  const arrays = ports.map(({ name }, at): [string, GraphTensor] => {
    const stored = results[at]!;
    return [name, isReal ? decodePort(ports[at]!, stored) : graphTensorOf(stored)];
  });
  return writeNpz(new Map(arrays));
}

function graphTensorOf(stored: Tensor): GraphTensor {
  return { type: stored.dtype, dims: shapeOf(stored), data: stored.data } as GraphTensor;
}
