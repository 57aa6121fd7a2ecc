import { listOf, type WithAttributes } from "../graph/attributes.ts";

/** How a window slides over an axis. */
export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first element. */
  readonly pad: number;
  readonly size: number;
  readonly out: number;
}

/** The windows of the rows and the columns; an input of one spatial dimension is a picture of one row. */
export interface Windows {
  readonly y: AxisWindow;
  readonly x: AxisWindow;
}

const ONE_ROW: AxisWindow = { kernel: 1, stride: 1, dilation: 1, pad: 0, size: 1, out: 1 };

export function windowsOf(
  node: WithAttributes,
  kernel: readonly number[],
  size: readonly number[],
  out: readonly number[],
): Windows {
  const [strides, dilations, pads] = [listOf(node, "strides"), listOf(node, "dilations"), listOf(node, "pads")];
  const axes = kernel.map((extent, axis): AxisWindow => ({
    kernel: extent,
    stride: strides[axis]!,
    dilation: dilations[axis]!,
    pad: pads[axis]!,
    size: size[axis]!,
    out: out[axis]!,
  }));
  return axes.length === 1 ? { y: ONE_ROW, x: axes[0]! } : { y: axes[0]!, x: axes[1]! };
}

/** Output positions [from, to) at which tap number `tap` of the window lies on the input. */
export function validRange(window: AxisWindow, tap: number): [from: number, to: number] {
  const shift = tap * window.dilation - window.pad;
  const from = Math.max(Math.ceil(-shift / window.stride), 0);
  const to = Math.min(Math.floor((window.size - 1 - shift) / window.stride) + 1, window.out);
  return [from, Math.max(to, from)];
}
