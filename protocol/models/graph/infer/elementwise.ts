import { numberOf, textOf } from "../attributes.ts";
import { broadcastDims } from "../dims.ts";
import { VALUE_TYPES, type ValueType } from "../types.ts";
import {
  FLOATS,
  type Infer,
  type InferNode,
  inputOf,
  NUMBERS,
  requireAttribute,
  requireShapes,
  typedInput,
} from "./infer.ts";

function broadcast(node: InferNode, inputs: readonly number[]): number[] {
  const dims = broadcastDims(...inputs.map((index) => inputOf(node, index).dims));
  requireShapes(node, dims !== undefined, "the shapes cannot be broadcast");
  return dims!;
}

const sameAs =
  (...types: readonly ValueType[]): Infer =>
  (node) => [typedInput(node, 0, ...types)];

/** Two inputs of one type; the result has that type, or `result`. */
const binary =
  (types: readonly ValueType[], result?: ValueType): Infer =>
  (node) => {
    const { type } = typedInput(node, 0, ...types);
    typedInput(node, 1, type);
    return [{ type: result ?? type, dims: broadcast(node, [0, 1]) }];
  };

const pow: Infer = (node) => {
  const { type } = typedInput(node, 0, ...NUMBERS);
  typedInput(node, 1, ...NUMBERS);
  return [{ type, dims: broadcast(node, [0, 1]) }];
};

const where: Infer = (node) => {
  typedInput(node, 0, "bool");
  const { type } = inputOf(node, 1);
  typedInput(node, 2, type);
  return [{ type, dims: broadcast(node, [0, 1, 2]) }];
};

const cast: Infer = (node) => {
  const to = textOf(node, "to") as ValueType;
  requireAttribute(node, VALUE_TYPES.includes(to), `there is no type ${to}`);
  return [{ type: to, dims: inputOf(node, 0).dims }];
};

const prelu: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS);
  typedInput(node, 1, x.type);
  requireShapes(node, broadcast(node, [0, 1]).length === x.dims.length, "the slope has more dimensions than the input");
  return [{ type: x.type, dims: broadcast(node, [0, 1]) }];
};

const cumSum: Infer = (node) => {
  const x = typedInput(node, 0, ...NUMBERS);
  const axis = numberOf(node, "axis");
  requireAttribute(node, axis >= 0 && axis < x.dims.length, "the axis is out of range");
  return [x];
};

const FLOAT_FUNCTIONS =
  "Sqrt Exp Log Reciprocal Erf Floor Ceil Round Sin Cos LeakyRelu Elu Selu HardSigmoid HardSwish Sigmoid Tanh Softplus Softsign Gelu Silu Mish";
const ALL: readonly ValueType[] = VALUE_TYPES;

export const ELEMENTWISE: Readonly<Record<string, Infer>> = {
  ...Object.fromEntries(FLOAT_FUNCTIONS.split(" ").map((op) => [op, sameAs(...FLOATS)])),
  Abs: sameAs(...NUMBERS),
  Neg: sameAs(...NUMBERS),
  Sign: sameAs(...NUMBERS),
  Relu: sameAs(...NUMBERS),
  Clip: sameAs(...NUMBERS),
  Not: sameAs("bool"),
  Identity: sameAs(...ALL),
  Add: binary(NUMBERS),
  Sub: binary(NUMBERS),
  Mul: binary(NUMBERS),
  Div: binary(NUMBERS),
  Max: binary(NUMBERS),
  Min: binary(NUMBERS),
  Mod: binary(NUMBERS),
  Pow: pow,
  PRelu: prelu,
  Equal: binary(ALL, "bool"),
  Less: binary(NUMBERS, "bool"),
  LessOrEqual: binary(NUMBERS, "bool"),
  Greater: binary(NUMBERS, "bool"),
  GreaterOrEqual: binary(NUMBERS, "bool"),
  And: binary(["bool"]),
  Or: binary(["bool"]),
  Xor: binary(["bool"]),
  Where: where,
  Cast: cast,
  CumSum: cumSum,
};
