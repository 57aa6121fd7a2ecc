import { numberOf, textOf } from "../attributes.ts";
import { sameDims } from "../dims.ts";
import { FLOATS, type Infer, type InferNode, inputOf, requireAttribute, requireShapes, typedInput } from "./infer.ts";

/** Gates whose weights lie one behind the other. */
export const GATES: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3 };

function requireDims(node: InferNode, index: number, dims: readonly number[]): void {
  const info = node.inputs[index];
  if (info === undefined && index >= 3) return;
  requireShapes(node, sameDims(inputOf(node, index).dims, dims), `input ${index} is not of shape [${dims.join(", ")}]`);
}

/** x[steps, batch, size], w[directions, gates·hidden, size], r[directions, gates·hidden, hidden], b?, initial h?, initial c? */
const recurrent: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS);
  requireShapes(node, x.dims.length === 3, "the input needs steps, a batch and features");
  const [steps, batch, size] = x.dims as [number, number, number];
  const hidden = numberOf(node, "hidden_size");
  const directions = textOf(node, "direction") === "bidirectional" ? 2 : 1;
  requireAttribute(node, Number.isInteger(hidden) && hidden >= 1 && hidden < 65_536, `${hidden} is not a hidden size`);
  const gates = GATES[node.op]!;
  requireDims(node, 1, [directions, gates * hidden, size]);
  requireDims(node, 2, [directions, gates * hidden, hidden]);
  requireDims(node, 3, [directions, 2 * gates * hidden]);
  const state = { type: x.type, dims: [directions, batch, hidden] };
  for (const index of [4, 5]) requireDims(node, index, state.dims);
  return [{ type: x.type, dims: [steps, directions, batch, hidden] }, state, state];
};

export const RECURRENT: Readonly<Record<string, Infer>> = { LSTM: recurrent, GRU: recurrent };
