import { type BuiltProgram, ProgramBuilder, tensor, type Value } from "@orion/protocol/tensor";
import { IMAGE_SIZE } from "../drawing/draw.ts";
import type { QuantizedContraction } from "./contraction.ts";
import type { QuantizedNetwork } from "./quantize.ts";

/** R: images of one shard. */
export const ROWS_PER_SHARD = 64;

/**
 * The tensor program of a quantised network: u8 [64, 28, 28, 1] to the class of every image, i32 [64, 1]. A ReLU that
 * ends a layer is the saturation of its u8 output; the one inside the residual branch is a clamp, because the stream
 * behind it is still needed unrectified.
 */
export function exportProgram(network: QuantizedNetwork): BuiltProgram {
  const builder = new ProgramBuilder();
  const images = builder.shardInput("u8", [ROWS_PER_SHARD, IMAGE_SIZE, IMAGE_SIZE, 1]);
  const logits = classifier(builder, network, residual(builder, network, images));
  return builder.build(builder.argmax(logits));
}

/** Stem, body, pooling and the residual block: [64, 7, 7, 24]. */
function residual(builder: ProgramBuilder, network: QuantizedNetwork, images: Value): Value {
  const { encodings, join } = network;
  const stem = convolve(builder, network, "stem", images, { stride: [2, 2], pad: [2, 2, 2, 2] });
  const body = convolve(builder, network, "body", stem, SAME);
  const pooled = builder.maxPool(body, { kernel: [2, 2] });
  const stream = convolve(builder, network, "stream", pooled, SAME);
  const branch = convolve(builder, network, "branch", builder.relu(stream, encodings.stream.zeroPoint), SAME);
  return builder.add(stream, branch, { dtype: encodings.joined.dtype, ...join });
}

/** Average pooling, dense, SiLU, dense: logits [64, 10]. */
function classifier(builder: ProgramBuilder, network: QuantizedNetwork, maps: Value): Value {
  const { encodings } = network;
  // 7 is odd: the last row and column of windows average the taps that are there.
  const pooled = builder.avgPool(maps, { kernel: [2, 2], pad: [0, 0, 1, 1], zp: encodings.joined.zeroPoint });
  const features = dense(builder, network, "features", builder.reshape(pooled, [ROWS_PER_SHARD, -1]));
  const table = builder.constant(tensor("i8", [network.activation.length, 1], network.activation));
  return dense(builder, network, "logits", builder.lookup(features, table, 128));
}

type ConvolutionName = "stem" | "body" | "stream" | "branch";
type DenseName = "features" | "logits";

interface Placement {
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number, number, number];
}

const SAME: Placement = { stride: [1, 1], pad: [1, 1, 1, 1] };

const ENCODING_OF_INPUT = {
  stem: "input",
  body: "stem",
  stream: "body",
  branch: "stream",
  features: "joined",
  logits: "activated",
} as const;

function convolve(
  builder: ProgramBuilder,
  network: QuantizedNetwork,
  name: ConvolutionName,
  input: Value,
  placement: Placement,
): Value {
  const weights = builder.constant(network[name].weights);
  return builder.conv2d(input, weights, { ...placement, ...contraction(network, name, network[name]) });
}

function dense(builder: ProgramBuilder, network: QuantizedNetwork, name: DenseName, input: Value): Value {
  const weights = builder.constant(network[name].weights);
  return builder.matmul(input, weights, contraction(network, name, network[name]));
}

function contraction(
  { encodings }: QuantizedNetwork,
  name: ConvolutionName | DenseName,
  { bias, m, s }: QuantizedContraction,
): { dtype: Value["dtype"]; bias: Int32Array; m: Int32Array; s: Int32Array; zpX: number; zpOut: number } {
  const zpX = encodings[ENCODING_OF_INPUT[name]].zeroPoint;
  const { dtype, zeroPoint: zpOut } = encodings[name];
  return { dtype, bias, m, s, zpX, zpOut };
}
