import type { PoolOptions, Value } from "../../../tensor/builder.ts";
import { dtypeMin } from "../../../tensor/dtype.ts";
import { tensorType } from "../../../tensor/shape.ts";
import { listOf, numberOf } from "../attributes.ts";
import type { Lowering } from "../lowering.ts";
import { Refusal } from "../refusal.ts";
import { stepFits } from "../step-fits.ts";
import { arrange, type Stored, stored } from "../stored.ts";
import { channelsLast, geometryOf, imageDims } from "./conv.ts";
import type { Rule, Rules } from "./rule.ts";

type Pool = "maxPool" | "avgPool";

type Geometry = ReturnType<typeof geometryOf>;

/** The windows of one axis alone, the other one left as it is. */
function alongAxis({ kernel, strides, pads }: Geometry, axis: 0 | 1): PoolOptions {
  const only = (list: readonly [number, number], none: number): [number, number] =>
    axis === 0 ? [list[0], none] : [none, list[1]];
  const [top, left, bottom, right] = pads;
  const pad = axis === 0 ? ([top, 0, bottom, 0] as const) : ([0, left, 0, right] as const);
  return { kernel: only(kernel, 1), stride: only(strides, 1), pad };
}

/** Whether one step can judge a window over [N,H,W,C]. */
function windowFits(op: Pool, x: Value, { kernel, stride = kernel }: PoolOptions): boolean {
  const output = tensorType(x.dtype, [x.dims[0], 1, 1, x.dims[3]]);
  return stepFits(op, output, [x], [...kernel, ...stride]);
}

/**
 * One window, or where no step could judge it rows first and then columns: the real taps of a window are a rectangle, so
 * a mean of means is the mean, rounded once more.
 */
function appendPool(ctx: Lowering, op: Pool, x: Value, geometry: Geometry): Value {
  const { kernel, strides, pads } = geometry;
  const whole = { kernel, stride: strides, pad: pads };
  if (windowFits(op, x, whole)) return ctx.builder[op](x, whole);
  const [columns, rows] = [alongAxis(geometry, 1), alongAxis(geometry, 0)];
  if (!windowFits(op, x, columns) || !windowFits(op, x, rows)) {
    throw new Refusal(`its window of ${kernel.join(" x ")} is larger than one step can judge`);
  }
  return ctx.builder[op](ctx.builder[op](x, columns), rows);
}

/** Pooling windows over a value; `countsPadding` divides by all taps, real or not. */
function pool(
  ctx: Lowering,
  op: Pool,
  x: Stored,
  geometry: Geometry,
  dims: readonly number[],
  countsPadding: boolean,
): Stored {
  const order = channelsLast(x.dims.length);
  const image = arrange(ctx.builder, x, order);
  let value = ctx.shaped(image.value, imageDims(image));
  const { kernel, pads, dilations } = geometry;
  if (dilations.some((step) => step !== 1)) throw new Refusal("its window is dilated");
  const [top, left, bottom, right] = pads;
  const isWide = pads.some((pad, side) => pad >= kernel[(side % 2) as 0 | 1]);
  if (isWide && op === "avgPool" && !countsPadding) throw new Refusal("its padding is as wide as its window");
  const fills = (countsPadding && pads.some((pad) => pad > 0)) || isWide;
  if (fills) {
    const fill = op === "maxPool" ? dtypeMin(x.encoding.dtype) : x.encoding.zeroPoint;
    value = ctx.builder.pad(value, [0, top, left, 0], [0, bottom, right, 0], fill);
  }
  // Ties round by the mean itself, as ONNX Runtime does, not by its distance from the zero point.
  const made = appendPool(ctx, op, value, fills ? { ...geometry, pads: [0, 0, 0, 0] } : geometry);
  return stored(made, x.encoding, dims, order);
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
