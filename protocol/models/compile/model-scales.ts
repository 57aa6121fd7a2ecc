import type { Graph, GraphNode } from "../graph/types.ts";
import { dtypeMax, dtypeMin } from "../../tensor/dtype.ts";
import type { Encoding } from "../quantize/encoding.ts";
import type { ExactWeights } from "./channel-parameters.ts";
import { Refusal } from "./refusal.ts";
import type { Uses } from "./uses.ts";

/** All elements of a constant as numbers, or undefined where the name is no constant. */
export function constantNumbers(graph: Graph, name: string | undefined): Float64Array | undefined {
  const constant = name === undefined ? undefined : graph.constants.get(name);
  return constant && Float64Array.from(constant.data as ArrayLike<number | bigint>, Number);
}

const STORED_TYPES = { i8: "i8", u8: "u8", i16: "i16", i32: "i32" } as const;
type StoredType = keyof typeof STORED_TYPES;

/** The type of a zero point, u8 where it is left out. */
function typeOf(graph: Graph, zeroPoint: string | undefined): StoredType {
  const type = zeroPoint === undefined || zeroPoint === "" ? "u8" : graph.values.get(zeroPoint)?.type;
  if (type === undefined || !(type in STORED_TYPES)) {
    throw new Refusal(`its zero point is not an 8, 16 or 32-bit integer`);
  }
  return type as StoredType;
}

/** One scale and zero point for the whole tensor, from two constant inputs. Throws Refusal for anything else. */
export function tensorEncoding(
  graph: Graph,
  scale: string | undefined,
  zeroPoint: string | undefined,
  dtype: StoredType = typeOf(graph, zeroPoint),
): Encoding {
  const scales = constantNumbers(graph, scale);
  if (scales?.length !== 1) throw new Refusal("the scale of its activations is not one constant");
  const zeros = constantNumbers(graph, zeroPoint) ?? [0];
  const zp = zeros[0]!;
  if (zeros.length !== 1 || zp < dtypeMin(dtype) || zp > dtypeMax(dtype)) {
    throw new Refusal("the zero point of its activations is not one constant");
  }
  return { dtype, scale: scales[0]!, zeroPoint: zp };
}

/** What QuantizeLinear makes, undefined where its scales are not constant or not one for the tensor. */
export function quantizeEncoding(graph: Graph, node: GraphNode): Encoding | undefined {
  try {
    return tensorEncoding(graph, node.inputs[1], node.inputs[2]);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** The encoding that the model fixes for a float value: that of the one QuantizeLinear which reads it. */
export function fixedEncoding(graph: Graph, uses: Uses, name: string): Encoding | undefined {
  const [reader, ...others] = uses.readers(name);
  if (reader?.op !== "QuantizeLinear" || others.length > 0 || uses.isOutput(name)) return undefined;
  return reader.inputs[0] === name ? quantizeEncoding(graph, reader) : undefined;
}

/**
 * A model's own integer weights: a constant with scales and zero points for the whole or for each channel on `axis`.
 * `order` puts the elements into [channels, taps] by flat indices.
 */
export function exactWeights(
  graph: Graph,
  [name, scale, zeroPoint]: readonly [string | undefined, string | undefined, string | undefined],
  channels: number,
  order: (data: Float64Array) => Float64Array,
): ExactWeights | undefined {
  const constant = name === undefined ? undefined : graph.constants.get(name);
  const [data, scales] = [constantNumbers(graph, name), constantNumbers(graph, scale) ?? Float64Array.of(1)];
  if (constant === undefined || data === undefined) return undefined;
  if (constant.type !== "i8" && constant.type !== "u8" && constant.type !== "i16") return undefined;
  const zeros = constantNumbers(graph, zeroPoint) ?? Float64Array.of(0);
  if (![1, channels].includes(scales.length) || ![1, channels].includes(zeros.length)) return undefined;
  const array = { i8: Int8Array, u8: Uint8Array, i16: Int16Array }[constant.type];
  const each = (list: Float64Array, n: number): number => (list.length === 1 ? list[0]! : list[n]!);
  return {
    dtype: constant.type,
    data: array.from(order(data)),
    scales: Float64Array.from({ length: channels }, (_, n) => each(scales, n)),
    zeroPoints: Int32Array.from({ length: channels }, (_, n) => each(zeros, n)),
  };
}

/** A DequantizeLinear of a constant, which stands in front of weights: its three inputs. */
export function dequantizedConstant(
  graph: Graph,
  uses: Uses,
  name: string,
): readonly [string, string | undefined, string | undefined] | undefined {
  const maker = uses.maker(name);
  const [data, scale, zeroPoint] = maker?.inputs ?? [];
  if (maker?.op !== "DequantizeLinear" || data === undefined || !graph.constants.has(data)) return undefined;
  return [data, scale, zeroPoint];
}
