import { elementCount } from "../dims.ts";
import { nodeError } from "../model-error.ts";
import type { ValueInfo } from "../types.ts";
import { CONTRACTION } from "./contraction.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import type { Infer, InferNode } from "./infer.ts";
import { LAYOUT } from "./layout.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTION } from "./reduction.ts";

/*
 * The operators of a graph in canonical form. Inputs are data only: shapes, axes and factors are attributes, all of which are always there,
 * as numbers or lists of numbers; axes count from the front.
 *
 *   elementwise, broadcast by NumPy's rules
 *     Add Sub Mul Div Max Min Mod(fmod) Pow PRelu(x, slope) Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor: two inputs
 *     Where(condition, yes, no)
 *   elementwise, one input
 *     Sqrt Exp Log Abs Neg Sign Reciprocal Erf Floor Ceil Round Sin Cos Not Relu Sigmoid Tanh Softplus Softsign HardSwish Silu Mish Identity
 *     LeakyRelu(alpha) Elu(alpha) Selu(alpha, gamma) HardSigmoid(alpha, beta) Clip(min, max) Gelu(approximate: none, tanh) Cast(to: ValueType)
 *   layout
 *     Reshape(shape) Expand(shape) Transpose(perm) Concat(axis) Tile(repeats) Slice(starts, steps, sizes: one for each axis)
 *     Pad(pads: all begins, then all ends; mode: constant, reflect, edge, wrap; value)
 *     Gather(axis) GatherElements(axis) GatherND(batch_dims): data, indices
 *     Resize(sizes, scales, mode: nearest, linear; coordinate_transformation_mode; nearest_mode)
 *   sums of products
 *     Conv(x, w, bias?; strides, dilations, pads, group), one or two spatial dimensions
 *     ConvTranspose(x, w, bias?; strides, dilations, pads, output_padding, group)
 *     MatMul(a, b) and Gemm(a, b, bias?), the latter without transposition and factors
 *   windows
 *     MaxPool(kernel_shape, strides, dilations, pads)
 *     AveragePool(kernel_shape, strides, dilations, pads, overhang, count_include_pad): `overhang` is the part of the end pads that never counts
 *   reductions
 *     ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp (axes, keepdims)
 *     ArgMax ArgMin (axis, keepdims, select_last_index) Softmax(axis) LogSoftmax(axis) CumSum(axis, exclusive, reverse)
 *     LayerNormalization(x, scale, bias?; axis, epsilon)
 *   recurrent: outputs are all hidden states, the last hidden state and, for LSTM, the last cell state
 *     LSTM(x, w, r, bias?, h?, c?; hidden_size, direction) GRU(x, w, r, bias?, h?; hidden_size, direction, linear_before_reset)
 *   quantisation: value, scale, zero point; the latter two are one for all or one for each position on the axis
 *     QuantizeLinear(axis) DequantizeLinear(axis)
 *
 * These of ONNX become others: BatchNormalization Mul and Add; GlobalAveragePool and GlobalMaxPool ReduceMean and ReduceMax; Flatten, Squeeze
 * and Unsqueeze Reshape; Split one Slice for each part; DepthToSpace Reshape and Transpose; Upsample Resize; Sum and Mean chains of Add;
 * QLinearConv, QLinearMatMul and the QLinear operators of com.microsoft the float operator between DequantizeLinear and QuantizeLinear.
 */
const INFER: ReadonlyMap<string, Infer> = new Map(
  Object.entries({ ...ELEMENTWISE, ...LAYOUT, ...CONTRACTION, ...REDUCTION, ...RECURRENT, ...QUANTIZATION }),
);

/** Types and shapes of the outputs of a node in canonical form. Throws InvalidInputError where its inputs do not suit it. */
export function inferOutputs(node: InferNode): ValueInfo[] {
  const infer = INFER.get(node.op);
  if (infer === undefined) throw nodeError(node, "the graph has no such operator");
  const outputs = infer(node);
  for (const { dims } of outputs) elementCount(dims);
  return outputs;
}
