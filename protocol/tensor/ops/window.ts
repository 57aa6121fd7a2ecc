import type { Require } from "../program-error.ts";
import type { Dims } from "../types.ts";

/** A sliding window over the height and width of X[N,H,W,C]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pad: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
}

/** The taps of one output position that fall inside X. Without dilation a window always holds at least one. */
export interface Taps {
  readonly image: number;
  /** Row and column of X of the first real tap. */
  readonly y: number;
  readonly x: number;
  /** Index of the first real tap in the kernel. */
  readonly ky: number;
  readonly kx: number;
  /** Real taps per axis. */
  readonly rows: number;
  readonly columns: number;
}

const effective = (window: Window, axis: 0 | 1): number => window.dilation[axis] * (window.kernel[axis] - 1) + 1;

/** Output extent of an axis: the rounded-down count of window positions. */
function extent(input: number, window: Window, axis: 0 | 1): number {
  const padded = input + window.pad[axis] + window.pad[axis === 0 ? 2 : 3];
  return Math.floor((padded - effective(window, axis)) / window.stride[axis]) + 1;
}

export interface WindowFields {
  readonly kernel: readonly [string, string];
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
}

/** Checks the window's numbers and the output's height and width; `fields` names where they stand. */
export function requireWindow(window: Window, x: Dims, out: Dims, fields: WindowFields, require: Require): void {
  for (const axis of [0, 1] as const) {
    require(window.kernel[axis] >= 1, fields.kernel[axis], `kernel extent ${window.kernel[axis]} is below 1`);
    require(window.stride[axis] >= 1, `a${fields.stride + axis}`, `stride ${window.stride[axis]} is below 1`);
    require(window.dilation[axis] >= 1, `a${fields.dilation + axis}`, `dilation ${window.dilation[axis]} is below 1`);
  }
  for (const side of [0, 1, 2, 3] as const) {
    const size = effective(window, side % 2 === 0 ? 0 : 1);
    const pad = window.pad[side];
    require(pad >= 0 &&
      pad < size, `a${fields.pad + side}`, `pad ${pad} is not between 0 and the kernel's ${size} - 1`);
  }
  for (const axis of [0, 1] as const) {
    const wanted = extent(x[axis + 1] as number, window, axis);
    require(out[axis + 1] === wanted, "dims", `axis ${axis + 1} is ${out[axis + 1]} where the window gives ${wanted}`);
  }
}

/** Taps on one axis: the first real one, and how many are real. */
function span(position: number, input: number, window: Window, axis: 0 | 1): { k: number; at: number; count: number } {
  const start = position * window.stride[axis] - window.pad[axis];
  const step = window.dilation[axis];
  const k = start >= 0 ? 0 : Math.ceil(-start / step);
  const last = Math.min(window.kernel[axis] - 1, Math.floor((input - 1 - start) / step));
  return { k, at: start + k * step, count: Math.max(last - k + 1, 0) };
}

/** The real taps of output position (image, row, column). */
export function tapsAt(window: Window, x: Dims, image: number, row: number, column: number): Taps {
  const vertical = span(row, x[1], window, 0);
  const horizontal = span(column, x[2], window, 1);
  return {
    image,
    y: vertical.at,
    x: horizontal.at,
    ky: vertical.k,
    kx: horizontal.k,
    rows: vertical.count,
    columns: horizontal.count,
  };
}

/** Splits a flat output index into position and channel. */
export function position(dims: Dims, out: number): { image: number; row: number; column: number; channel: number } {
  const [, height, width, channels] = dims;
  const pixel = Math.floor(out / channels);
  const line = Math.floor(pixel / width);
  return { image: Math.floor(line / height), row: line % height, column: pixel % width, channel: out % channels };
}
