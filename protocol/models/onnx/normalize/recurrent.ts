import type { Normalize, OnnxCall } from "./call.ts";

const DIRECTIONS = ["forward", "reverse", "bidirectional"];
const STANDARD: Readonly<Record<string, readonly string[]>> = {
  LSTM: ["Sigmoid", "Tanh", "Tanh"],
  GRU: ["Sigmoid", "Tanh"],
};

function requireStandard(call: OnnxCall, directions: number): void {
  const activations = call.node.attributes.get("activations");
  const standard = STANDARD[call.node.op]!;
  const wanted = Array.from({ length: directions }, () => standard).flat();
  if (Array.isArray(activations) && activations.some((name, at) => name !== wanted[at])) {
    call.fail(`the activations ${activations.join(", ").slice(0, 80)} are not supported, only ${standard.join(", ")}`);
  }
  if (call.node.attributes.has("clip")) call.fail("clip is not supported");
  call.only("input_forget", 0);
}

/** Sequences of different lengths are refused; a list of lengths that are all the whole one changes nothing. */
function requireWholeSequences(call: OnnxCall, steps: number): void {
  if (!call.has(4)) return;
  if (call.list(4, "sequence lengths").some((length) => length !== steps)) {
    call.fail("sequences of different lengths are not supported");
  }
}

/** Moves the batch of the states from the front to behind the directions. */
function turned(call: OnnxCall, index: number, isBatchFirst: boolean): string {
  if (!call.has(index)) return "";
  return isBatchFirst ? call.emit("Transpose", [call.input(index)], { perm: [1, 0, 2] }) : call.input(index);
}

const recurrent: Normalize = (call) => {
  const direction = call.text("direction", "forward");
  if (!DIRECTIONS.includes(direction)) call.fail(`there is no direction ${direction}`);
  requireStandard(call, direction === "bidirectional" ? 2 : 1);
  const isBatchFirst = call.number("layout", 0) !== 0;
  const x = isBatchFirst ? call.emit("Transpose", [call.input(0)], { perm: [1, 0, 2] }) : call.input(0);
  requireWholeSequences(call, call.infoOf(x).dims[0] ?? 0);
  const weights = call.infoOf(call.input(2)).dims;
  const isLstm = call.node.op === "LSTM";
  if (isLstm && call.has(7) && call.constant(7)?.data.every((value) => Number(value) === 0) !== true) {
    call.fail("peephole weights are not supported");
  }
  const states = [turned(call, 5, isBatchFirst), ...(isLstm ? [turned(call, 6, isBatchFirst)] : [])];
  const inputs = [x, call.input(1), call.input(2), call.has(3) ? call.input(3) : "", ...states];
  const outputs = call.results(call.node.op, inputs, {
    hidden_size: call.number("hidden_size", weights[2] ?? 0),
    direction,
    ...(isLstm ? {} : { linear_before_reset: call.number("linear_before_reset", 0) }),
  });
  if (!isBatchFirst) return outputs;
  const perms = [
    [2, 0, 1, 3],
    [1, 0, 2],
    [1, 0, 2],
  ];
  return outputs.map((value, at) => (value === "" ? "" : call.emit("Transpose", [value], { perm: perms[at]! })));
};

export const RECURRENT: Readonly<Record<string, Normalize>> = { LSTM: recurrent, GRU: recurrent };
