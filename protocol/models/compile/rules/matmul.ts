import { tensorType } from "../../../tensor/shape.ts";
import type { GraphNode } from "../../graph/types.ts";
import { toMultiplier } from "../../quantize/multiplier.ts";
import { numberOf } from "../attributes.ts";
import { noLine, type Weights } from "../channel-parameters.ts";
import { deferContraction } from "../contraction.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { permuted, readWeights, realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { arrange, broadcast, fourDims, inOrder, memoryDims, product, type Stored, stored } from "../stored.ts";
import { stepFits } from "../step-fits.ts";
import type { Rules } from "./rule.ts";

/** From [K, N] to [N, K]. */
export function columnsFirst(rows: number, columns: number): (data: Float64Array) => Float64Array {
  return (data) => permuted(data, (index) => (index % rows) * columns + Math.floor(index / rows));
}

/** Refuses rows that are longer than one step of a dispute can judge. */
function requireStep(a: Stored, terms: number): void {
  const operands = [tensorType(a.encoding.dtype, [2, terms]), tensorType("i16", [2, terms]), tensorType("i32", [2, 4])];
  if (stepFits("matmul", tensorType("i16", [2, 2]), operands, [])) return;
  throw new Refusal(
    `one element sums ${terms} products, more than one step can judge`,
    "split its rows, or use i8 activations",
  );
}

/** A[…, M, K] with constant weights [N, K] as a value […, M, N] that takes any encoding. */
export function multiplyConstant(
  ctx: Lowering,
  a: Stored,
  weights: Weights,
  dims: readonly number[],
  bias?: ArrayLike<number>,
): Deferred {
  const rows = arrange(ctx.builder, a, inOrder(a.dims.length));
  const terms = a.dims.at(-1)!;
  requireStep(a, terms);
  const line = noLine(weights.channels);
  if (bias !== undefined) line.offset.set(bias);
  return deferContraction(ctx, {
    dims,
    channelAxis: dims.length - 1,
    input: a.encoding,
    weights,
    weightDims: [weights.channels, terms],
    line,
    append: (constant, options) => {
      const four = fourDims(memoryDims(rows));
      const shape = four[3] === terms ? four : [1, 1, product(a.dims) / terms, terms];
      return ctx.builder.matmul(ctx.shaped(rows.value, shape), constant, options);
    },
  });
}

/** A[…, M, K] with a computed B[…, K, N]; leading axes are repeated to fit each other. */
export function multiplyComputed(ctx: Lowering, a: Stored, b: Stored, dims: readonly number[]): Deferred {
  const rank = dims.length;
  const batch = dims.slice(0, -2);
  const [rows, terms, columns] = [a.dims.at(-2)!, a.dims.at(-1)!, b.dims.at(-1)!];
  const order = inOrder(rank);
  const left = broadcast(ctx.builder, a, [...batch, rows, terms], order);
  const isShared = product(b.dims.slice(0, -2)) === 1;
  const swapped = [...inOrder(b.dims.length - 2), b.dims.length - 1, b.dims.length - 2];
  const right = isShared
    ? arrange(ctx.builder, b, swapped)
    : broadcast(ctx.builder, b, [...batch, terms, columns], [...inOrder(rank - 2), rank - 1, rank - 2]);
  const count = product(batch);
  return {
    kind: "deferred",
    dims,
    emit(encoding) {
      const value = ctx.builder.matmul(
        ctx.shaped(left.value, [1, count, rows, terms]),
        ctx.shaped(right.value, [1, isShared ? 1 : count, columns, terms]),
        {
          dtype: encoding.dtype,
          ...toMultiplier((a.encoding.scale * b.encoding.scale) / encoding.scale, ctx.bits),
          zpX: a.encoding.zeroPoint,
          zpW: b.encoding.zeroPoint,
          zpOut: encoding.zeroPoint,
        },
      );
      return stored(value, encoding, dims, order);
    },
  };
}

/** Weights that know the means of the columns which they read. */
function withMeans(ctx: Lowering, name: string, weights: Weights): Weights {
  const means = ctx.channelMeans.get(name);
  return means === undefined ? weights : { ...weights, meanOf: (_, tap) => means[tap]! };
}

function lowerMatMul(node: GraphNode, ctx: Lowering): string {
  const [aName, bName] = node.inputs as [string, string];
  const [output] = node.outputs as [string];
  const [aDims, bDims] = [ctx.dims(aName), ctx.dims(bName)];
  if (aDims.length < 2 || bDims.length < 2) throw new Refusal("one of its inputs is a vector");
  const [terms, columns] = [bDims.at(-2)!, bDims.at(-1)!];
  const isMatrix = product(bDims) === terms * columns;
  const weights = isMatrix ? readWeights(ctx, bName, columns, columnsFirst(terms, columns)) : undefined;
  if (weights !== undefined && ctx.constantOf(aName) === undefined) {
    ctx.set(output, multiplyConstant(ctx, ctx.narrow(aName), withMeans(ctx, aName, weights), ctx.dims(output)));
    return "matmul";
  }
  ctx.set(output, multiplyComputed(ctx, ctx.narrow(aName), ctx.narrow(bName), ctx.dims(output)));
  return "matmul with a computed operand";
}

function lowerGemm(node: GraphNode, ctx: Lowering): string {
  const [aName, bName, cName] = node.inputs as [string, string, string | undefined];
  const [output] = node.outputs as [string];
  const transposed = (name: string): boolean => numberOf(node, name, 0) !== 0;
  const bDims = ctx.dims(bName);
  const [columns, terms] = transposed("transB") ? [bDims[0]!, bDims[1]!] : [bDims[1]!, bDims[0]!];
  const arrangeWeights = transposed("transB") ? (data: Float64Array) => data : columnsFirst(terms, columns);
  const weights = readWeights(ctx, bName, columns, arrangeWeights);
  if (weights === undefined) throw new Refusal("its weights are computed", "use MatMul for two computed matrices");
  const a = ctx.narrow(aName);
  const rows = transposed("transA") ? transposeMatrix(a) : a;
  const [alpha, beta] = [numberOf(node, "alpha", 1), numberOf(node, "beta", 1)];
  const bias = realConstant(ctx, cName);
  if (bias === undefined && cName !== undefined && cName !== "") throw new Refusal("its third input is computed");
  if (bias !== undefined && bias.length !== 1 && bias.length !== columns) {
    throw new Refusal("its third input is not one value for each column");
  }
  const offset = new Float64Array(columns).map((_, n) =>
    bias === undefined ? 0 : beta * bias[bias.length === 1 ? 0 : n]!,
  );
  const known = transposed("transA") ? weights : withMeans(ctx, aName, weights);
  const plain = multiplyConstant(ctx, rows, known, ctx.dims(output));
  const gain = new Float64Array(columns).fill(alpha);
  ctx.set(output, plain.perChannel!(1, gain, offset)!);
  return "matmul";
}

/** A matrix with its axes named the other way round; nothing moves. */
function transposeMatrix(a: Stored): Stored {
  return { ...a, dims: [a.dims[1]!, a.dims[0]!], order: a.order.map((axis) => 1 - axis) };
}

export const MATMUL_RULES: Rules = { MatMul: lowerMatMul, Gemm: lowerGemm };
