import type { ContractionOptions } from "../../tensor/builder-contraction.ts";
import type { Value } from "../../tensor/builder.ts";
import { tensor } from "../../tensor/shape.ts";
import type { Encoding } from "../quantize/encoding.ts";
import { chainChannels, type ChannelLine, integerContraction, type Weights } from "./channel-parameters.ts";
import type { Deferred } from "./lowered.ts";
import type { Lowering } from "./lowering.ts";
import { inOrder, type Stored, stored } from "./stored.ts";

/** A contraction of a stored value with constant weights that has not been rounded to an encoding yet. */
export interface Contraction {
  /** The result's extents in the graph, and its axes in memory. */
  readonly dims: readonly number[];
  readonly order?: readonly number[];
  /** Graph axis of the output channels. */
  readonly channelAxis: number;
  readonly input: Encoding;
  readonly weights: Weights;
  /** Extents of the weights in the program. */
  readonly weightDims: readonly number[];
  readonly line: ChannelLine;
  /** Appends the contraction itself. */
  append(weights: Value, options: ContractionOptions): Value;
}

/** Integers times integers, and nothing done to the sums. */
function isIntegral({ input, weights, line }: Contraction): boolean {
  const whole = (values: Float64Array): boolean => values.every(Number.isInteger);
  return input.scale === 1 && line.gain.every((gain) => gain === 1) && whole(line.offset) && whole(weights.real);
}

/** The contraction as a value that takes any encoding, and any line per output channel until then. */
export function deferContraction(ctx: Lowering, contraction: Contraction): Deferred {
  const { dims, order = inOrder(dims.length), channelAxis, input, weights, weightDims, line } = contraction;
  return {
    kind: "deferred",
    dims,
    isIntegral: isIntegral(contraction),
    emit(encoding): Stored {
      const made = integerContraction(weights, line, input, encoding, ctx);
      const constant = ctx.constant(tensor(made.dtype, weightDims, made.weights));
      return stored(contraction.append(constant, made.options), encoding, dims, order);
    },
    perChannel(axis, gain, offset) {
      if (axis !== channelAxis) return undefined;
      return deferContraction(ctx, { ...contraction, line: chainChannels(line, { gain, offset }) });
    },
  };
}
