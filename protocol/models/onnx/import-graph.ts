import { InvalidInputError } from "../../common/errors.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import { nodeError, quoted } from "../graph/model-error.ts";
import { OnnxCall, type OnnxNode } from "./normalize/call.ts";
import { normalizerOf } from "./normalize/table.ts";
import type { OnnxOptions } from "./options.ts";
import type { GraphProto, NodeProto } from "./proto.ts";
import { readAttributes } from "./read-attributes.ts";
import { type Resolved, Scope } from "./scope.ts";
import { sortNodes } from "./sort-nodes.ts";
import type { Unsupported } from "./unsupported.ts";

/** What all graphs of one model share. */
export interface ImportContext {
  readonly builder: GraphBuilder;
  readonly options: OnnxOptions;
  /** Operator set version by domain; the standard's domain is the empty string. */
  readonly versions: ReadonlyMap<string, number>;
  readonly unsupported: Unsupported;
}

/** Deepest nesting of conditions. */
const MAX_DEPTH = 16;

/** The operator with its domain in front, where that is not the standard's. */
function operatorOf(node: NodeProto): { op: string; domain: string } {
  const domain = node.domain === "ai.onnx" ? "" : (node.domain ?? "");
  const op = node.op ?? "";
  return { op: domain === "" ? op : `${domain}.${op}`, domain };
}

/** Imports the nodes that a graph's outputs need and returns the values of its outputs. */
export async function importGraph(
  context: ImportContext,
  graph: GraphProto,
  scope: Scope,
  given: ReadonlySet<string>,
  depth = 0,
): Promise<Resolved[]> {
  const { builder, options } = context;
  for (const [index, node] of sortNodes(graph, given).entries()) {
    const outputs = await importNode(context, node, index, scope, depth);
    for (const [at, name] of (node.outputs ?? []).entries()) if (name !== "") scope.set(name, outputs[at] ?? null);
  }
  const values: Resolved[] = [];
  for (const { name } of graph.outputs ?? []) {
    values.push(await scope.resolve(name ?? "", builder, options.externalData));
  }
  return values;
}

async function importNode(
  context: ImportContext,
  node: NodeProto,
  index: number,
  scope: Scope,
  depth: number,
): Promise<readonly Resolved[]> {
  const { builder, options, versions, unsupported } = context;
  const { op, domain } = operatorOf(node);
  const name = node.name === undefined || node.name === "" ? `${op}#${index}` : node.name;
  const normalize = normalizerOf(op);
  const version = versions.get(domain);
  if ((normalize === undefined && op !== "If") || version === undefined) {
    unsupported.operator({ op, name });
    return [];
  }
  const inputs: Resolved[] = [];
  for (const input of node.inputs ?? []) {
    inputs.push(input === "" ? "" : await scope.resolve(input, builder, options.externalData));
  }
  // What an unsupported node would have computed is unknown, and so is this.
  if (inputs.includes(null)) return [];
  const { attributes, graphs } = await readAttributes(node, `node ${quoted(name)}`, options.externalData);
  const call: OnnxNode = { op, name, version, inputs: inputs as string[], outputs: node.outputs ?? [], attributes };
  try {
    if (normalize === undefined) return await importIf(context, call, graphs, scope, depth);
    return normalize(new OnnxCall(call, builder));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    unsupported.use(error);
    return [];
  }
}

/** Puts the branch that a constant condition selects in the place of the node. */
async function importIf(
  context: ImportContext,
  node: OnnxNode,
  graphs: ReadonlyMap<string, GraphProto>,
  scope: Scope,
  depth: number,
): Promise<Resolved[]> {
  const { builder } = context;
  const [input = ""] = node.inputs;
  const condition = builder.constantOf(input);
  if (condition === undefined) {
    const inputs = builder.inputsBehind(input).map(quoted).join(", ");
    throw nodeError(node, `its condition depends on the input ${inputs}`, "give that input as a constant");
  }
  const key = Number(condition.data[0] ?? 0) !== 0 ? "then_branch" : "else_branch";
  const branch = graphs.get(key);
  if (branch === undefined) throw nodeError(node, `it has no ${key}`);
  if (depth >= MAX_DEPTH) throw nodeError(node, `conditions are nested more than ${MAX_DEPTH} deep`);
  const inner = new Scope(branch.initializers ?? [], scope);
  return importGraph(context, branch, inner, inner.initialized, depth + 1);
}
