import type { Encoding } from "../quantize/encoding.ts";
import type { Stored } from "./stored.ts";

/** y = clamp(gain · x + offset, low, high) with gain > 0. */
export interface ClampedLine {
  readonly gain: number;
  readonly offset: number;
  readonly low: number;
  readonly high: number;
}

/** A function of every element of a stored value, not yet a node: chains of functions become one table. */
export interface Mapped {
  readonly kind: "mapped";
  readonly source: Stored;
  readonly map: (real: number) => number;
  /** The function, where it is a clamped line: it needs no table. */
  readonly line?: ClampedLine | undefined;
}

/** A result whose operator can round to any encoding, not yet a node: what follows may still choose it. */
export interface Deferred {
  readonly kind: "deferred";
  readonly dims: readonly number[];
  /** True if every real value is an integer, so that steps of 1 store it exactly. */
  readonly isIntegral?: boolean;
  /** Appends the nodes. */
  emit(encoding: Encoding): Stored;
  /** The result with y = gain[c] · x + offset[c] along a graph axis, where the operator has parameters per channel there. */
  perChannel?(axis: number, gain: Float64Array, offset: Float64Array): Deferred | undefined;
}

/** What the compiler knows of a value of the graph. */
export type Lowered = Stored | Mapped | Deferred;

/** The line that changes nothing. */
export const IDENTITY_LINE: ClampedLine = { gain: 1, offset: 0, low: -Infinity, high: Infinity };

/** The line's value at x. */
export function applyLine({ gain, offset, low, high }: ClampedLine, x: number): number {
  return Math.min(Math.max(gain * x + offset, low), high);
}

/** The line `second` of the values of the line `first`. */
export function chainLines(first: ClampedLine, second: ClampedLine): ClampedLine {
  return {
    gain: first.gain * second.gain,
    offset: first.offset * second.gain + second.offset,
    low: applyLine(second, first.low),
    high: applyLine(second, first.high),
  };
}

/** Extents in the graph, whatever the value is so far. */
export const dimsOf = (lowered: Lowered): readonly number[] =>
  lowered.kind === "mapped" ? lowered.source.dims : lowered.dims;
