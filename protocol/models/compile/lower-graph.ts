import { InvalidInputError } from "../../common/errors.ts";
import type { Value } from "../../tensor/builder.ts";
import type { Graph, GraphNode } from "../graph/types.ts";
import type { Encoding } from "../quantize/encoding.ts";
import { integerEncoding, inputsOf, type Lowering } from "./lowering.ts";
import { Refusal } from "./refusal.ts";
import { RULES } from "./rules/table.ts";
import { arrange, fourDims, inOrder, product, stored } from "./stored.ts";
import { type UnsupportedNode, UnsupportedNodesError } from "./unsupported-nodes-error.ts";

/** An input or an output of a program: which tensor stands for which value of the model. */
export interface Port {
  readonly name: string;
  /** Slot of an input, index of an output. */
  readonly index: number;
  /** Extents of the tensor; its elements are in the model's order, last axis fastest. */
  readonly shape: readonly number[];
  readonly encoding: Encoding;
}

/** How one node of the graph was lowered. */
export interface NodeLowering {
  readonly op: string;
  readonly name: string;
  readonly lowering: string;
}

/** Extents of a slot: those of the model, the batch axis in front so that shards cut there, at most three behind it. */
function slotShape(dims: readonly number[], batch: number): number[] {
  const rest = dims[0] === batch ? dims.slice(1) : [...dims];
  while (rest.length > 3) rest.splice(0, 2, rest[0]! * rest[1]!);
  return [batch, ...rest];
}

function lowerInput(ctx: Lowering, name: string, index: number, batch: number): Port {
  const { type, dims } = ctx.info(name);
  const encoding = integerEncoding(type) ?? ctx.encodings.of(name);
  const shape = slotShape(dims, batch);
  if (product(shape) !== product(dims)) {
    throw new InvalidInputError(
      `input ${name} of shape [${dims.join(", ")}] has not the ${batch} rows of the first input`,
      {
        hint: "import the model with a batch of 1",
      },
    );
  }
  const slot = ctx.slot(encoding.dtype, shape);
  const value = ctx.shaped(slot, fourDims(dims));
  ctx.set(name, stored(value, encoding, dims));
  return { name, index, shape, encoding };
}

function lowerNode(ctx: Lowering, node: GraphNode): string {
  const rule = RULES[node.op];
  if (rule === undefined) throw new Refusal("there is no such operator in tensor programs");
  return rule(node, ctx);
}

/** Lowers all nodes, in order. Throws UnsupportedNodesError naming every node that has no equal in a program. */
function lowerNodes(ctx: Lowering): NodeLowering[] {
  const lowered: NodeLowering[] = [];
  const refused: UnsupportedNode[] = [];
  for (const node of ctx.graph.nodes) {
    const { op, name } = node;
    if (!inputsOf(node).every((input) => ctx.has(input))) {
      if (RULES[op] === undefined) {
        refused.push({ op, name, reason: "there is no such operator in tensor programs", remedy: undefined });
      }
      continue;
    }
    try {
      lowered.push({ op, name, lowering: lowerNode(ctx, node) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push({ op, name, reason: error.message, remedy: error.remedy });
    }
  }
  if (refused.length > 0) throw new UnsupportedNodesError(refused);
  return lowered;
}

/** An output as a computed node of its own with the model's extents. */
function lowerOutput(
  ctx: Lowering,
  name: string,
  taken: ReadonlySet<number>,
): { value: Value; port: Omit<Port, "index"> } {
  const x = ctx.stored(name);
  const plain = arrange(ctx.builder, x, inOrder(x.dims.length));
  const shape = x.dims.length >= 1 && x.dims.length <= 4 ? [...x.dims] : fourDims(x.dims);
  let value = plain.value;
  const isRight =
    value.rank === shape.length && value.dims.slice(4 - shape.length).every((extent, at) => extent === shape[at]);
  if (!isRight || taken.has(value.node) || !ctx.isComputed(value)) value = ctx.builder.reshape(value, shape);
  return { value, port: { name, shape, encoding: x.encoding } };
}

/** Appends the whole graph to the program under construction. */
export function lowerGraph(ctx: Lowering): {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly values: readonly Value[];
  readonly nodes: readonly NodeLowering[];
} {
  const { graph } = ctx;
  const [first] = graph.inputs;
  if (first === undefined) throw new InvalidInputError("the model has no input");
  const batch = ctx.dims(first)[0] ?? 1;
  const inputs = graph.inputs.map((name, index) => lowerInput(ctx, name, index, batch));
  const nodes = lowerNodes(ctx);
  const taken = new Set<number>();
  const made = outputsOf(graph).map((name) => {
    const output = lowerOutput(ctx, name, taken);
    taken.add(output.value.node);
    return output;
  });
  // A program's outputs ascend by node.
  const ordered = [...made].sort((a, b) => a.value.node - b.value.node);
  const outputs = made.map((output) => ({ ...output.port, index: ordered.indexOf(output) }));
  return { inputs, outputs, values: ordered.map(({ value }) => value), nodes };
}

const outputsOf = (graph: Graph): readonly string[] => graph.outputs;
