import { tensor } from "../../../tensor/shape.ts";
import { decode, type Encoding, encode, symmetric } from "../../quantize/encoding.ts";
import { EXACT_BITS, toMultiplierPair } from "../../quantize/multiplier.ts";
import { numberOf } from "../attributes.ts";
import { channelAffine } from "../channel-affine.ts";
import { requantizeTo } from "../emit-mapped.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { fourDims, product, type Stored, stored } from "../stored.ts";
import { rowsOver, sumRows } from "./reduce.ts";
import type { Rule, Rules } from "./rule.ts";

/** Bits of the mean below a step of its operand. */
const MEAN_BITS = 14;
/** With a multiplier of 29 bits, 32-bit operands of a sum stay below the accumulator's 2^63. */
const WIDE_BITS = 29;

/** Distances of the elements of a matrix from the mean of their row. */
function centredRows(ctx: Lowering, matrix: Stored, distance: Encoding): Stored {
  const [, terms] = matrix.dims as [number, number];
  const shape = fourDims(matrix.dims);
  const fine = { dtype: "i32", scale: matrix.encoding.scale / 2 ** MEAN_BITS, zeroPoint: 0 } as const;
  const mean = sumRows(ctx, matrix, 1 / terms).emit(fine);
  const pair = toMultiplierPair(matrix.encoding.scale / distance.scale, fine.scale / distance.scale, WIDE_BITS);
  const value = ctx.builder.sub(ctx.shaped(matrix.value, shape), ctx.builder.broadcast(mean.value, shape), {
    dtype: distance.dtype,
    ...pair,
    za: matrix.encoding.zeroPoint,
  });
  return stored(value, distance, matrix.dims);
}

/**
 * Rows divided by the root of their mean square plus epsilon, which is at most √terms. The mean square counts in
 * quarters of squared steps: a distance of half the range at most leaves room for them.
 */
function normalizedRows(ctx: Lowering, distances: Stored, epsilon: number): Stored {
  const { builder } = ctx;
  const [rows, terms] = distances.dims as [number, number];
  const { scale } = distances.encoding;
  const square = builder.mul(distances.value, distances.value, { dtype: "i32" });
  const squares = stored(square, { dtype: "i32", scale: scale ** 2, zeroPoint: 0 }, distances.dims);
  const quarter = { dtype: "i32", scale: scale ** 2 / 4, zeroPoint: 0 } as const;
  const mean = sumRows(ctx, squares, 1 / terms).emit(quarter).value;
  const least = ctx.constant(
    tensor("i32", [1, 1, rows, 1], new Int32Array(rows).fill(Math.max(1, encode(epsilon, quarter)))),
  );
  const root = builder.isqrt(builder.add(mean, least, { dtype: "i32" }), "i16");
  const shape = fourDims(distances.dims);
  const result = symmetric("i16", { low: -Math.sqrt(terms), high: Math.sqrt(terms) });
  const dividend = requantizeTo(
    builder,
    distances,
    { dtype: "i32", scale: (scale / 2) * result.scale, zeroPoint: 0 },
    EXACT_BITS,
  );
  const quotient = builder.div(dividend.value, builder.broadcast(root, shape), "i16");
  return stored(quotient, result, distances.dims);
}

const lowerLayerNormalization: Rule = (node, ctx) => {
  const [name, gainName, biasName] = node.inputs as [string, string, string | undefined];
  const [output] = node.outputs as [string];
  const x = ctx.narrow(name);
  const rank = x.dims.length;
  const axis = numberOf(node, "axis", -1);
  const first = axis < 0 ? axis + rank : axis;
  const axes = x.dims.map((_, at) => at).slice(first);
  if (axes.length > 1) throw new Refusal("it normalises over several axes", "reshape them into one");
  const { matrix, kept } = rowsOver(ctx, x, axes);
  const terms = product(axes.map((at) => x.dims[at]!));
  const gain = realConstant(ctx, gainName);
  if (gain?.length !== terms) throw new Refusal("its scale is computed");
  const offset = realConstant(ctx, biasName) ?? new Float64Array(terms);
  const rows = normalizedRows(
    ctx,
    centredRows(ctx, matrix, distanceEncoding(ctx, name, x)),
    numberOf(node, "epsilon", 1e-5),
  );
  const whole = stored(rows.value, rows.encoding, x.dims, [...kept, ...axes]);
  const result: Deferred = channelAffine(ctx, whole, first, gain, offset);
  ctx.set(output, result);
  return "matmul with ones, sub, mul, isqrt, div, conv2d of one tap";
};

/** Distances from a mean are at most the whole range; a mean square is at most a quarter of its square. */
function distanceEncoding(ctx: Lowering, name: string, x: Stored): Encoding {
  const { low, high } = ctx.encodings.range(name);
  const width = Math.max(high - low, decode(x.encoding.zeroPoint + 1, x.encoding)) * 1.25;
  return symmetric("i16", { low: -width, high: width });
}

export const LAYER_NORM_RULES: Rules = { LayerNormalization: lowerLayerNormalization };
