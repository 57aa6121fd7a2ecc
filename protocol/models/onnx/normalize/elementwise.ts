import type { Normalize, OnnxCall } from "./call.ts";
import { dataTypeName, dataTypeOf } from "../data-types.ts";

/** Operators that are canonical as they are: inputs only. */
const AS_IS =
  "Sqrt Exp Log Abs Neg Sign Reciprocal Erf Floor Ceil Round Sin Cos Relu HardSwish Sigmoid Tanh Softplus Softsign Mish Not " +
  "Add Sub Mul Div Pow PRelu Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor Where";

const asIs: Normalize = (call) => call.result(call.node.op, call.inputs);

/** The operator with number attributes, each with the default of ONNX. */
const withNumbers =
  (defaults: Readonly<Record<string, number>>): Normalize =>
  (call) => {
    const attributes = Object.entries(defaults).map(([key, value]) => [key, call.number(key, value)] as const);
    return call.result(call.node.op, call.inputs, Object.fromEntries(attributes));
  };

/** An operator of any number of inputs as a chain of binary ones. */
const chain =
  (op: string): Normalize =>
  (call) => {
    const [first, ...rest] = call.inputs;
    if (first === undefined || rest.length === 0) return [call.input(0)];
    const last = rest.pop()!;
    const inner = rest.reduce((value, next) => call.emit(op, [value, next]), first);
    return call.result(op, [inner, last]);
  };

const mean: Normalize = (call) => {
  const sum = call.inputs.slice(1).reduce((value, next) => call.emit("Add", [value, next]), call.input(0));
  const factor = call.literal(call.infoOf(sum).type, [], [1 / call.inputs.length]);
  return call.result("Mul", [sum, factor]);
};

/** A bound of Clip: an attribute before version 11, then an input. */
function bound(call: OnnxCall, key: string, index: number, otherwise: number): number | undefined {
  if (call.version < 11) return call.number(key, otherwise);
  if (!call.has(index)) return otherwise;
  const tensor = call.constant(index);
  return tensor === undefined ? undefined : Number(tensor.data[0]);
}

const clip: Normalize = (call) => {
  const [min, max] = [bound(call, "min", 1, -Infinity), bound(call, "max", 2, Infinity)];
  if (min !== undefined && max !== undefined) {
    // The upper bound is applied last, so it wins where the two cross.
    return call.result("Clip", [call.input(0)], { min: Math.min(min, max), max });
  }
  const low = call.has(1) ? call.emit("Max", [call.input(0), call.input(1)]) : call.input(0);
  return call.has(2) ? call.result("Min", [low, call.input(2)]) : [low];
};

const cast: Normalize = (call) => {
  const number = call.number("to", 0);
  const to = dataTypeOf(number);
  if (to === undefined) return call.fail(`casts to ${dataTypeName(number)} are not supported`);
  if (to.type === call.info(0).type) return [call.input(0)];
  return call.result("Cast", [call.input(0)], { to: to.type });
};

const castLike: Normalize = (call) => {
  const { type } = call.info(1);
  return type === call.info(0).type ? [call.input(0)] : call.result("Cast", [call.input(0)], { to: type });
};

const identity: Normalize = (call) => [call.input(0)];

/** Dropout passes values through; only training drops some. */
const dropout: Normalize = (call) => {
  call.onlyOutputs(1);
  const training = call.constant(2);
  if (call.has(2) && (training === undefined || training.data[0] !== 0)) call.fail("training mode is not supported");
  return [call.input(0)];
};

const gelu: Normalize = (call) => {
  const approximate = call.text("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") call.fail(`there is no approximation ${approximate}`);
  return call.result("Gelu", [call.input(0)], { approximate });
};

const cumSum: Normalize = (call) => {
  const [axis] = call.list(1, "axis");
  const { dims } = call.info(0);
  return call.result("CumSum", [call.input(0)], {
    axis: call.axis(axis ?? 0, dims.length),
    exclusive: call.number("exclusive", 0),
    reverse: call.number("reverse", 0),
  });
};

const hardSigmoid: Normalize = (call) =>
  call.result("HardSigmoid", [call.input(0)], { alpha: call.number("alpha", 0.2), beta: call.number("beta", 0.5) });

export const ELEMENTWISE: Readonly<Record<string, Normalize>> = {
  ...Object.fromEntries(AS_IS.split(" ").map((op) => [op, asIs])),
  LeakyRelu: withNumbers({ alpha: 0.01 }),
  Elu: withNumbers({ alpha: 1 }),
  Selu: withNumbers({ alpha: 1.67326319217681884765625, gamma: 1.05070102214813232421875 }),
  HardSigmoid: hardSigmoid,
  Mod: withNumbers({ fmod: 0 }),
  Max: chain("Max"),
  Min: chain("Min"),
  Sum: chain("Add"),
  Mean: mean,
  Clip: clip,
  Cast: cast,
  CastLike: castLike,
  Identity: identity,
  Dropout: dropout,
  Gelu: gelu,
  CumSum: cumSum,
};
