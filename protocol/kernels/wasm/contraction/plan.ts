import type { ContractionScales } from "../../contraction/scales.ts";
import type { TypedData } from "../../../tensor/types.ts";
import { Image } from "../image.ts";
import type { Frame } from "./frame.ts";
import { packChannels, packPanels, packWide, PANEL, WIDE_PANEL } from "./pack.ts";
import { appendParameters, type InputForm, type Parameters } from "./parameters.ts";
import { piecesOf, type Piece, type Segments } from "./pieces.ts";
import { centre, planesOf, type Plane } from "./weights.ts";

/** Output channels whose sums are taken together. */
const CHUNK = 256;

/** How a frame's sums are taken: panels of channels, channels one by one beside each other, or in 64 bits. */
export type Path = "panels" | "channels" | "wide";

/** One call of a kernel. Distances are bytes: in the slab, in the image, in a row of sums. */
export interface Call {
  readonly slab: number;
  readonly segments: number;
  readonly segmentCount: number;
  /** Pairs of terms; terms on the path `wide`. */
  readonly length: number;
  readonly weights: number;
  readonly panels: number;
  readonly column: number;
  readonly accumulate: 0 | 1;
}

/** Calls whose sums stay within 32 bits, times 2^shift. */
export interface Pass {
  readonly shift: number;
  readonly calls: readonly Call[];
}

/** Some output channels, from sums to results. */
export interface Chunk {
  readonly first: number;
  readonly columns: number;
  readonly parameters: Parameters;
  readonly passes: readonly Pass[];
  /** Whether the sums are 64-bit ones: one pass would not hold them. */
  readonly wide: boolean;
}

/** Everything that a contraction reads beside its input. */
export interface Plan {
  readonly image: Image;
  /** Distance of the rows' places in the slab. */
  readonly base: number;
  readonly chunks: readonly Chunk[];
}

export interface PlanInputs {
  readonly path: Path;
  readonly frame: Frame;
  readonly form: InputForm;
  readonly scales: ContractionScales;
  /** Element of the slab of every row. */
  readonly base: Uint32Array;
  readonly segments: Segments;
}

/** Sums of a row have room for this many numbers: a kernel writes whole panels. */
export function sumsPerRow(columns: number): number {
  return Math.ceil((columns + PANEL - 1) / PANEL) * PANEL;
}

/** Columns of the chunks of a frame; all but the last have the first's. Groups are not cut, unless by channels one by one. */
export function chunkColumns(path: Path, { groups, outputs }: Frame): number {
  const group = outputs / groups;
  if (groups === 1 || path === "channels") return Math.min(CHUNK, outputs);
  return Math.min(Math.max(Math.floor(CHUNK / group), 1) * group, outputs);
}

/** Packs weights and parameters. */
export function planOf(inputs: PlanInputs, weights: TypedData): Plan {
  const { path, frame, base } = inputs;
  const image = new Image();
  const width = path === "wide" ? 4 : 2;
  const place = image.append(base.map((element) => element * width));
  const columns = chunkColumns(path, frame);
  const firsts = Array.from({ length: Math.ceil(frame.outputs / columns) }, (_, i) => i * columns);
  const write = path === "wide" ? wideChunks(inputs, weights, image) : narrowChunks(inputs, weights, image);
  return { image, base: place, chunks: firsts.map((first) => write(first, Math.min(columns, frame.outputs - first))) };
}

type WriteChunk = (first: number, columns: number) => Chunk;

function narrowChunks(
  { path, frame, form, scales, segments }: PlanInputs,
  weights: TypedData,
  image: Image,
): WriteChunk {
  const centred = centre(weights, scales.zb);
  const planes = planesOf(centred, form.largest);
  const largestSum = planes[0]?.largestSum ?? 0;
  const biases = biasesOf(scales, form, (n) => {
    let sum = 0;
    for (let k = n * centred.terms; k < (n + 1) * centred.terms; k++) sum += centred.values[k] as number;
    return BigInt(sum);
  });
  const group = frame.outputs / frame.groups;
  const passOf = (plane: Plane, pieces: readonly Piece[], first: number, columns: number): Pass => {
    const calls: Call[] = [];
    for (const [i, piece] of pieces.entries()) {
      const accumulate = i === 0 ? 0 : 1;
      if (path === "channels") {
        const offsets = segments.offsets.slice(piece.firstSegment, piece.firstSegment + piece.segments);
        if (offsets.length % 2 === 1) offsets.push(offsets.at(-1) as number);
        calls.push({
          slab: first * 2,
          segments: image.append(Uint32Array.from(offsets, (offset) => offset * 2)),
          segmentCount: piece.segments,
          length: offsets.length / 2,
          weights: image.append(packChannels(plane, piece, first, columns)),
          panels: Math.ceil(columns / PANEL),
          column: 0,
          accumulate,
        });
        continue;
      }
      const offsets = segments.offsets.slice(piece.firstSegment, piece.firstSegment + piece.segments);
      const table = image.append(Uint32Array.from(offsets, (offset) => (offset + piece.firstTerm) * 2));
      for (const { start, count, inputsFrom } of groupsOf(frame, group, first, columns)) {
        calls.push({
          slab: inputsFrom * 2,
          segments: table,
          segmentCount: piece.segments,
          length: Math.ceil(piece.terms / 2),
          weights: image.append(packPanels(plane, segments, piece, start, count)),
          panels: Math.ceil(count / PANEL),
          column: (start - first) * 4,
          accumulate,
        });
      }
    }
    return { shift: plane.shift, calls };
  };
  return (first, columns) => {
    const passes = planes.flatMap((plane) => {
      const pieces = piecesOf(segments, plane.exactTerms);
      const together = plane.exactTerms >= centred.terms;
      return together
        ? [passOf(plane, pieces, first, columns)]
        : pieces.map((piece) => passOf(plane, [piece], first, columns));
    });
    const parameters = appendParameters(image, scales, biases, largestSum, first, columns);
    return { first, columns, parameters, passes, wide: passes.length > 1 };
  };
}

function wideChunks({ frame, form, scales, segments }: PlanInputs, weights: TypedData, image: Image): WriteChunk {
  const terms = weights.length / frame.outputs;
  const value = (n: number, k: number): number => (weights[n * terms + k] as number) - (scales.zb[n] as number);
  const biases = biasesOf(scales, form, (n) => {
    let sum = 0n;
    for (let k = 0; k < terms; k++) sum += BigInt(value(n, k));
    return sum;
  });
  const group = frame.outputs / frame.groups;
  const table = image.append(Uint32Array.from(segments.offsets, (offset) => offset * 4));
  return (first, columns) => {
    const calls = groupsOf(frame, group, first, columns).map(({ start, count, inputsFrom }): Call => ({
      slab: inputsFrom * 4,
      segments: table,
      segmentCount: segments.offsets.length,
      length: segments.terms,
      weights: image.append(packWide(value, terms, start, count)),
      panels: Math.ceil(count / WIDE_PANEL),
      column: (start - first) * 8,
      accumulate: 0,
    }));
    const parameters = appendParameters(image, scales, biases, 2 ** 53, first, columns);
    return { first, columns, parameters, passes: [{ shift: 0, calls }], wide: true };
  };
}

/** Biases minus padding · Σ weights: padding stands for the zero point that the slab's numbers still hold. */
function biasesOf(scales: ContractionScales, { padding }: InputForm, sumOf: (n: number) => bigint): BigInt64Array {
  return BigInt64Array.from(scales.bias, (bias, n) =>
    padding === 0 ? BigInt(bias) : BigInt.asIntN(64, BigInt(bias) - BigInt(padding) * sumOf(n)),
  );
}

interface GroupPart {
  readonly start: number;
  readonly count: number;
  /** First input channel of the group. */
  readonly inputsFrom: number;
}

/** The groups of `columns` channels from `first` on; of a single group, the part that these channels are. */
function groupsOf({ groups, inputs }: Frame, group: number, first: number, columns: number): GroupPart[] {
  if (groups === 1) return [{ start: first, count: columns, inputsFrom: 0 }];
  return Array.from({ length: columns / group }, (_, i) => {
    const start = first + i * group;
    return { start, count: group, inputsFrom: (start / group) * (inputs / groups) };
  });
}
