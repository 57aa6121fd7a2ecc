import type { Dataset } from "../dataset.ts";
import { silu } from "../nn/activation.ts";
import type { Convolution } from "../nn/conv.ts";
import type { Dense } from "../nn/dense.ts";
import type { Network } from "../nn/network.ts";
import { calibrate } from "./calibrate.ts";
import { quantizeContraction, type QuantizedContraction } from "./contraction.ts";
import { affine, decode, encode, type Encoding, rectified, symmetric } from "./encoding.ts";
import { toMultiplierPair } from "./multiplier.ts";

/** Logits beyond twice the calibrated range saturate; only their order matters. */
const LOGIT_HEADROOM = 2;

/** With 15 bits, i8 · m + i8 · m stays below 2^24, where a GPU's float32 is still exact. */
const JOIN_BITS = 15;

/** Everything integer that the tensor program needs, layer by layer. */
export interface QuantizedNetwork {
  readonly encodings: Record<
    "input" | "stem" | "body" | "stream" | "branch" | "joined" | "features" | "activated" | "logits",
    Encoding
  >;
  readonly stem: QuantizedContraction;
  readonly body: QuantizedContraction;
  readonly stream: QuantizedContraction;
  readonly branch: QuantizedContraction;
  readonly features: QuantizedContraction;
  readonly logits: QuantizedContraction;
  /** The residual sum: joined = (stream · ma + branch · mb) / 2^s. */
  readonly join: { ma: number; mb: number; s: number };
  /** SiLU from stored features (index: stored + 128) to stored activations. */
  readonly activation: Int8Array;
}

/** Post-training quantisation, with activation ranges from the first `calibrationCount` images of `data`. */
export function quantizeNetwork(network: Network, data: Dataset, calibrationCount: number): QuantizedNetwork {
  const ranges = calibrate(network, data, calibrationCount);
  const encodings = {
    input: { dtype: "u8", scale: 1 / 255, zeroPoint: 0 },
    stem: rectified(ranges.stem),
    body: rectified(ranges.body),
    stream: symmetric("i8", ranges.stream),
    branch: symmetric("i8", ranges.branch),
    joined: rectified(ranges.joined),
    features: affine(ranges.features),
    activated: affine(ranges.activated),
    logits: symmetric("i16", ranges.logits, LOGIT_HEADROOM),
  } as const;
  const fold = (layer: Convolution | Dense, input: Encoding, output: Encoding): QuantizedContraction =>
    quantizeContraction(layer.weights, layer.bias, input, output);
  const { layers } = network;
  return {
    encodings,
    stem: fold(layers.stem, encodings.input, encodings.stem),
    body: fold(layers.body, encodings.stem, encodings.body),
    stream: fold(layers.stream, encodings.body, encodings.stream),
    branch: fold(layers.branch, encodings.stream, encodings.branch),
    features: fold(layers.features, encodings.joined, encodings.features),
    logits: fold(layers.logits, encodings.activated, encodings.logits),
    join: toMultiplierPair(
      encodings.stream.scale / encodings.joined.scale,
      encodings.branch.scale / encodings.joined.scale,
      JOIN_BITS,
    ),
    activation: activationTable(encodings.features, encodings.activated),
  };
}

function activationTable(input: Encoding, output: Encoding): Int8Array {
  return Int8Array.from({ length: 256 }, (_, index) => encode(silu(decode(index - 128, input)), output));
}
