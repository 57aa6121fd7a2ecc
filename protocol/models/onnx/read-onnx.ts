import { GraphBuilder } from "../graph/builder.ts";
import { modelError, quoted } from "../graph/model-error.ts";
import { prune } from "../graph/prune.ts";
import { simplify } from "../graph/simplify.ts";
import type { Graph } from "../graph/types.ts";
import { importGraph } from "./import-graph.ts";
import type { OnnxOptions } from "./options.ts";
import { type GraphProto, MODEL, type ModelProto } from "./proto.ts";
import { readInputs } from "./read-inputs.ts";
import { Scope } from "./scope.ts";
import { Unsupported } from "./unsupported.ts";
import { decodeMessage } from "./wire.ts";

/** Versions of the standard operator set that are understood. Before 7, operators broadcast by other rules. */
const MIN_OPSET = 7;
const MAX_OPSET = 25;

function versionsOf(model: ModelProto): Map<string, number> {
  const versions = new Map<string, number>();
  for (const { domain = "", version = 0n } of model.opsets ?? []) {
    versions.set(domain === "ai.onnx" ? "" : domain, Number(version));
  }
  const version = versions.get("");
  if (version === undefined) throw modelError("it does not say which operator set it uses", "is it an ONNX file?");
  if (version < MIN_OPSET || version > MAX_OPSET) {
    throw modelError(
      `it uses version ${version} of the operator set`,
      `convert it to a version from ${MIN_OPSET} to ${MAX_OPSET}, for example with onnx.version_converter`,
    );
  }
  return versions;
}

function outputNames(graph: GraphProto): string[] {
  const names = (graph.outputs ?? []).map(({ name }) => name ?? "");
  if (names.length === 0) throw modelError("it has no outputs");
  if (names.includes("") || new Set(names).size !== names.length) {
    throw modelError("its outputs have no distinct names");
  }
  return names;
}

/**
 * Reads an ONNX model into a float graph with static shapes. Operators are in canonical form, whatever version of the operator set the
 * model uses; everything that depends on no input is folded.
 *
 * @param bytes the .onnx file
 * @throws InvalidInputError for a file that is damaged, hostile or uses what is not supported; the message names every such node
 * @example
 *   const graph = await readOnnx(bytes, { shapes: { x: [1, 3, 48, 320] } });
 */
export async function readOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Promise<Graph> {
  const model = decodeMessage(bytes, MODEL) as ModelProto;
  const proto = model.graph;
  if (proto === undefined) throw modelError("it has no graph", "is it an ONNX file?");
  const versions = versionsOf(model);
  if (proto.sparseInitializers !== undefined) {
    throw modelError("it has sparse weights", "save the model with dense initializers");
  }
  const outputs = outputNames(proto);
  const scope = new Scope(proto.initializers ?? []);
  const builder = new GraphBuilder();
  const inputs = readInputs(proto, options, scope.initialized);
  for (const input of inputs) {
    if ("constant" in input) scope.set(input.name, builder.constant(input.constant, input.name));
    else {
      builder.input(input.name, input.info);
      scope.set(input.name, input.name);
    }
  }
  const given = new Set([...scope.initialized, ...inputs.map(({ name }) => name)]);
  builder.reserve(outputs);
  const unsupported = new Unsupported();
  const values = await importGraph({ builder, options, versions, unsupported }, proto, scope, given);
  unsupported.check();
  const pairs = outputs.map((name, index) => [name, values[index] ?? unknownOutput(name)] as const);
  const graph = prune(builder.finish(proto.name ?? "", pairs));
  return options.unsimplified === true ? graph : simplify(graph);
}

function unknownOutput(name: string): never {
  throw modelError(`nothing computes the output ${quoted(name)}`);
}
