import { dtypeMin } from "../../../tensor/dtype.ts";
import { decode } from "../../quantize/encoding.ts";
import { listOf, numberOf } from "../attributes.ts";
import type { Lowering } from "../lowering.ts";
import { Refusal } from "../refusal.ts";
import { arrange, type Stored, stored } from "../stored.ts";
import { channelsLast, geometryOf, imageDims } from "./conv.ts";
import type { Rule, Rules } from "./rule.ts";

type Pool = "maxPool" | "avgPool";

/** Pooling windows over a value; `countsPadding` divides by all taps, real or not. */
function pool(
  ctx: Lowering,
  op: Pool,
  x: Stored,
  geometry: ReturnType<typeof geometryOf>,
  dims: readonly number[],
  countsPadding: boolean,
): Stored {
  const order = channelsLast(x.dims.length);
  const image = arrange(ctx.builder, x, order);
  let value = ctx.shaped(image.value, imageDims(image));
  const { kernel, strides, pads, dilations } = geometry;
  if (dilations.some((step) => step !== 1)) throw new Refusal("its window is dilated");
  const [top, left, bottom, right] = pads;
  const isWide = pads.some((pad, side) => pad >= kernel[(side % 2) as 0 | 1]);
  const fills = (countsPadding && pads.some((pad) => pad > 0)) || isWide;
  if (fills) {
    const { encoding } = x;
    const fill = op === "maxPool" ? Math.round(decode(dtypeMin(encoding.dtype), encoding) / encoding.scale) : 0;
    value = ctx.builder.pad(value, [0, top, left, 0], [0, bottom, right, 0], fill + encoding.zeroPoint);
  }
  const pad = fills ? ([0, 0, 0, 0] as const) : pads;
  // Ties round by the mean itself, as ONNX Runtime does, not by its distance from the zero point.
  return stored(ctx.builder[op](value, { kernel, stride: strides, pad }), x.encoding, dims, order);
}

const lowerPool =
  (op: Pool): Rule =>
  (node, ctx) => {
    const [name, output] = [node.inputs[0] as string, node.outputs[0] as string];
    const geometry = geometryOf(node, listOf(node, "kernel_shape"));
    const counts = op === "avgPool" && numberOf(node, "count_include_pad", 0) !== 0;
    if (counts && listOf(node, "overhang").some((extra) => extra > 0)) {
      throw new Refusal("it counts padding in windows that reach beyond it", "export it with ceil_mode 0");
    }
    ctx.set(output, pool(ctx, op, ctx.stored(name), geometry, ctx.dims(output), counts));
    return op;
  };

export const POOL_RULES: Rules = { MaxPool: lowerPool("maxPool"), AveragePool: lowerPool("avgPool") };
