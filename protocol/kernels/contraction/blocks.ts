import type { KernelLayout } from "../gpu/layout.ts";
import { equalPieces, type Geometry } from "./geometry.ts";
import { EXACT_FLOAT, LIMITS } from "./limits.ts";

/** The weights of one dispatch: some output channels and some consecutive terms of them. */
export interface Block {
  readonly taps: Float32Array;
  readonly weights: Float32Array;
  readonly firstChannel: number;
  readonly channels: number;
  /** A weight that is not zero: an input of 1 at its tap, and 0 elsewhere, must give it back. */
  readonly probe: { readonly tap: number; readonly channel: number; readonly value: number } | undefined;
}

/** Weights minus their zero points, `centred[n·terms + k]`, and the bound that keeps sums over inputs exact. */
export interface Weights {
  readonly centred: Float32Array;
  readonly channels: number;
  readonly terms: number;
  /** Largest |input − zero point|. */
  readonly maxInput: number;
}

/**
 * Terms of one partial sum such that no partial sum of any channel, in any order of addition, leaves ±2^24; undefined if
 * such sums would be too short to be worth a dispatch.
 */
export function exactPart({ centred, channels, terms, maxInput }: Weights): number | undefined {
  const shortest = Math.min(terms, LIMITS.shortestPart);
  for (let parts = Math.ceil(terms / LIMITS.terms); ;) {
    const part = Math.max(Math.ceil(terms / parts), shortest);
    const excess = (largestSum(centred, channels, terms, part) * maxInput) / EXACT_FLOAT;
    if (excess <= 1) return part;
    if (part === shortest) return undefined;
    // Sums shrink about as parts do; three quarters of that step does not jump over the answer by much.
    parts = Math.max(parts + 1, Math.floor(parts * excess * 0.75));
  }
}

/** Largest Σ|w| over the parts of all channels. */
function largestSum(centred: Float32Array, channels: number, terms: number, part: number): number {
  let largest = 0;
  for (let n = 0; n < channels; n++) {
    for (let from = 0; from < terms; from += part) {
      let sum = 0;
      const end = Math.min(from + part, terms);
      for (let k = from; k < end; k++) sum += Math.abs(centred[n * terms + k] as number);
      largest = Math.max(largest, sum);
    }
  }
  return largest;
}

/** Channels of one dispatch, a multiple of what the layout wants. */
export function channelTile(groupChannels: number, layout: KernelLayout): number {
  const { size } = equalPieces(groupChannels, LIMITS.channels);
  return Math.ceil(size / layout.channelStep) * layout.channelStep;
}

/** Cuts weights into blocks of `tile` channels and `part` terms, all of one shape, group by group. */
export function packBlocks(
  geometry: Geometry,
  weights: Weights,
  part: number,
  tile: number,
  layout: KernelLayout,
): Block[] {
  const blocks: Block[] = [];
  for (let group = 0; group < geometry.groups; group++) {
    for (let channel = 0; channel < geometry.groupChannels; channel += tile) {
      for (let term = 0; term < weights.terms; term += part) {
        const firstChannel = group * geometry.groupChannels + channel;
        const channels = Math.min(tile, geometry.groupChannels - channel);
        blocks.push(packBlock(geometry, weights, { group, firstChannel, channels, term, part, tile }, layout));
      }
    }
  }
  return blocks;
}

interface Cut {
  readonly group: number;
  readonly firstChannel: number;
  readonly channels: number;
  readonly term: number;
  readonly part: number;
  readonly tile: number;
}

function packBlock(geometry: Geometry, { centred, terms }: Weights, cut: Cut, layout: KernelLayout): Block {
  const { group, firstChannel, channels, term, part, tile } = cut;
  const taps = new Float32Array(part);
  const weights = new Float32Array(tile * part);
  const count = Math.min(part, terms - term);
  let probe: Block["probe"];
  for (let k = 0; k < count; k++) taps[k] = (geometry.taps[term + k] as number) + group * geometry.groupStep;
  for (let n = 0; n < channels; n++) {
    for (let k = 0; k < count; k++) {
      const value = centred[(firstChannel + n) * terms + term + k] as number;
      weights[layout.weightIndex(part, n, k)] = value;
      if (value !== 0) probe ??= { tap: taps[k] as number, channel: n, value };
    }
  }
  return { taps, weights, firstChannel, channels, probe };
}
