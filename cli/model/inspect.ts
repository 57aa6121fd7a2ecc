import { Argument } from "commander";

import { formatDims, type Graph } from "@orion/protocol/models";
import { validateProgram } from "@orion/protocol/tensor";

import { command, type Invocation } from "../core/command.ts";
import { isFolder } from "../core/read-file.ts";
import { facts, table } from "../core/table.ts";
import { readBundle } from "./bundle.ts";
import { floatModelOptions, readFloatModel, readModelFile, type FloatModelFlags } from "./float-model.ts";
import { portLines } from "./port-lines.ts";

export const modelInspect = command<FloatModelFlags>({
  name: "inspect",
  summary: "show what a model reads, computes and gives",
  args: [new Argument("<model>", "an .onnx file, or the folder of an imported model")],
  options: floatModelOptions,
  examples: [
    "orion model inspect model.onnx",
    "orion model inspect recogniser.onnx --shape x=1x3x48x320 --json",
    "orion model inspect recogniser",
  ],
  async run(invocation) {
    const model = invocation.args[0] as string;
    await ((await isFolder(model)) ? showBundle(invocation, model) : showGraph(invocation, model));
  },
});

async function showBundle({ terminal }: Invocation<FloatModelFlags>, folder: string): Promise<void> {
  const { name, source, program, programRoot, inputs, outputs } = await readBundle(folder);
  const { work, macs, peakBytes } = validateProgram(program);
  const nodeCount = program.nodes.length;
  terminal.result({ name, source, programRoot, inputs, outputs, work, macs, peakBytes, programNodes: nodeCount }, [
    ...facts([
      ["model", name],
      ["imported from", `a file with the SHA-256 ${source}`],
      ["program", programRoot],
      ["size", `${nodeCount} nodes, ${macs} multiply-accumulates, ${work} units of work`],
    ]),
    "",
    ...portLines(inputs, outputs),
  ]);
}

async function showGraph({ flags, terminal }: Invocation<FloatModelFlags>, file: string): Promise<void> {
  const { bytes: model } = await readModelFile(file);
  const graph = await readFloatModel(file, model, flags);
  const operators = new Map<string, number>();
  for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
  const values = (names: readonly string[]): { name: string; type: string; shape: readonly number[] }[] =>
    names.map((name) => ({ name, ...shapeOf(graph, name) }));
  const [inputs, outputs] = [values(graph.inputs), values(graph.outputs)];
  const bytes = [...graph.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const sorted = [...operators].sort(([, a], [, b]) => b - a);
  terminal.result(
    {
      name: graph.name,
      inputs,
      outputs,
      nodes: graph.nodes.length,
      weightBytes: bytes,
      operators: Object.fromEntries(sorted),
    },
    [
      ...facts([
        ["nodes", `${graph.nodes.length}, after folding`],
        ["weights", `${bytes} bytes`],
      ]),
      "",
      ...table(
        ["", "name", "shape"],
        [
          ...inputs.map(({ name, type, shape }) => ["input", name, `${type}${formatDims(shape)}`]),
          ...outputs.map(({ name, type, shape }) => ["output", name, `${type}${formatDims(shape)}`]),
        ],
      ),
      "",
      ...table(
        ["operator", "nodes"],
        sorted.map(([op, count]) => [op, String(count)]),
      ),
    ],
  );
}

function shapeOf(graph: Graph, name: string): { type: string; shape: readonly number[] } {
  const { type, dims } = graph.values.get(name) ?? { type: "f32", dims: [] };
  return { type, shape: dims };
}
