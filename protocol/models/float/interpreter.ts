import { InvalidInputError } from "../../common/errors.ts";
import { elementCount, formatDims, sameDims } from "../graph/dims.ts";
import { quoted } from "../graph/model-error.ts";
import type { Graph, GraphNode, GraphTensor, ValueInfo } from "../graph/types.ts";
import type { KernelCall } from "./kernel.ts";
import { runKernel } from "./kernels.ts";
import { createPause, type Pause } from "./pause.ts";

export interface RunOptions {
  /** Names of further values to return beside the graph's outputs. */
  readonly keep?: readonly string[];
  /** Sees every input and every computed value, in the order in which they come to be. It must not change the array. */
  readonly onValue?: (name: string, tensor: GraphTensor) => void;
  readonly signal?: AbortSignal;
}

export interface Interpreter {
  /**
   * Computes the graph in 32-bit floats.
   *
   * @param inputs a tensor of the declared type and shape for every input of the graph
   * @returns the graph's outputs and the values of `keep` by name; they may share arrays with the inputs and the graph's constants
   * @throws InvalidInputError for inputs that the graph does not take, AbortedError once the signal aborts
   */
  readonly run: (
    inputs: Readonly<Record<string, GraphTensor>>,
    options?: RunOptions,
  ) => Promise<Map<string, GraphTensor>>;
}

function requireInput(name: string, info: ValueInfo, tensor: GraphTensor | undefined): GraphTensor {
  const wanted = `${info.type} of shape ${formatDims(info.dims)}`;
  if (tensor === undefined) throw new InvalidInputError(`input ${quoted(name)} is missing: it is ${wanted}`);
  const fits = tensor.type === info.type && sameDims(tensor.dims, info.dims);
  if (!fits || tensor.data.length !== elementCount(info.dims)) {
    throw new InvalidInputError(
      `input ${quoted(name)} is ${tensor.type} of shape ${formatDims(tensor.dims)} with ${tensor.data.length} elements, not ${wanted}`,
    );
  }
  return tensor;
}

/** For every node, the values that no later node reads. */
function lastUses(graph: Graph): string[][] {
  const seen = new Set<string>(graph.outputs);
  const dead: string[][] = [];
  for (const node of [...graph.nodes].reverse()) {
    const names = new Set([...node.inputs, ...node.outputs].filter((name) => name !== "" && !seen.has(name)));
    for (const name of names) seen.add(name);
    dead.push([...names]);
  }
  return dead.reverse();
}

async function compute(call: KernelCall, pause: Pause): Promise<GraphTensor[]> {
  const result = runKernel(call);
  if (Array.isArray(result)) return result;
  for (;;) {
    const step = result.next();
    if (step.done === true) return step.value;
    const wait = pause();
    if (wait !== undefined) await wait;
  }
}

/** Runs float graphs; the same in Node and in a browser. Values are freed after their last use. */
export function createInterpreter(graph: Graph): Interpreter {
  const dead = lastUses(graph);
  const infoOf = (name: string): ValueInfo => graph.values.get(name)!;
  const callOf = (node: GraphNode, values: ReadonlyMap<string, GraphTensor>): KernelCall => ({
    op: node.op,
    name: node.name,
    attributes: node.attributes,
    inputs: node.inputs.map((name) => (name === "" ? undefined : (values.get(name) ?? graph.constants.get(name)))),
    outputs: node.outputs.map(infoOf),
  });

  return {
    async run(inputs, { keep = [], onValue, signal } = {}) {
      const pause = createPause(signal);
      const values = new Map<string, GraphTensor>();
      for (const name of graph.inputs) values.set(name, requireInput(name, infoOf(name), inputs[name]));
      for (const name of Object.keys(inputs)) {
        if (!graph.inputs.includes(name)) throw new InvalidInputError(`the graph has no input ${quoted(name)}`);
      }
      for (const name of keep) {
        if (!graph.values.has(name)) throw new InvalidInputError(`the graph has no value ${quoted(name)}`);
      }
      for (const [name, tensor] of values) onValue?.(name, tensor);
      const kept = new Set(keep);
      for (const [at, node] of graph.nodes.entries()) {
        const wait = pause();
        if (wait !== undefined) await wait;
        const outputs = await compute(callOf(node, values), pause);
        for (const [index, name] of node.outputs.entries()) {
          if (name === "") continue;
          values.set(name, outputs[index]!);
          onValue?.(name, outputs[index]!);
        }
        for (const name of dead[at]!) if (!kept.has(name)) values.delete(name);
      }
      const wanted = [...graph.outputs, ...keep];
      return new Map(wanted.map((name) => [name, values.get(name) ?? graph.constants.get(name)!]));
    },
  };
}
