import type { Graph, GraphNode } from "../graph/types.ts";
import type { Encoding, Range } from "./encoding.ts";
import { symmetric } from "./encoding.ts";
import type { Histogram } from "./histogram.ts";
import { encodingOf, encodingOver, type RangeMethod, sqnr } from "./range.ts";

/** Widths of activations: see EncodingOptions. */
export const ACTIVATIONS = ["i8", "i16", "auto"] as const;
export type Activations = (typeof ACTIVATIONS)[number];

/** How encodings of calibrated values are chosen. */
export interface EncodingOptions {
  /** i8 everywhere, i16 everywhere, or i8 where only contractions read a value and the error bound holds. */
  readonly activations: Activations;
  /** How ranges follow from the samples where everything is i8; otherwise they are the extremes with headroom. */
  readonly range: RangeMethod;
  /** Ranges cover the calibrated extremes times this factor, for inputs that the samples do not show. */
  readonly headroom: number;
  /** Least signal to quantisation noise, in dB, of an i8 value in mode `auto`. */
  readonly leastSqnr: number;
}

/** The encoding of every value of a graph, decided when it is first asked for. */
export interface Encodings {
  of(name: string): Encoding;
  /** True if the model itself says the encoding. */
  isFixed(name: string): boolean;
  /** Extremes over the calibration samples. */
  range(name: string): Range;
  /** Signal to quantisation noise in dB of the value in this encoding; undefined if it was not observed. */
  sqnr(name: string, encoding: Encoding): number | undefined;
}

/** Operators whose arithmetic per element is worth bytes, by the inputs that count. */
const CONTRACTIONS: Readonly<Record<string, readonly number[]>> = {
  Conv: [0],
  ConvTranspose: [0],
  Gemm: [0, 1],
  MatMul: [0, 1],
};
/** Operators that hand their first input's encoding on. */
const TRANSPARENT = new Set(
  "Relu Clip MaxPool Reshape Flatten Transpose Squeeze Unsqueeze Identity Slice Split Pad Expand Tile Dropout".split(
    " ",
  ),
);

/** Operators whose result has the relative precision of its first input, on the way to a root. */
const SUMS = new Set("Add ReduceSum ReduceMean Reshape Transpose Slice Relu Clip Identity".split(" "));

/** Operators whose results lie between 0 and 1, whatever the samples were. */
const PROBABILITIES = new Set(["Sigmoid", "HardSigmoid"]);
/** Operators whose results lie where those of their first input lie. */
const KEEPING = new Set(
  "Reshape Flatten Transpose Squeeze Unsqueeze Identity Slice Split ReduceMean ReduceMax".split(" "),
);

/** Largest stored value in front of a root, which is then the largest i16. */
const MAX_SQUARE = 2 ** 30;

/** Whose encoding a value takes: fixed ones from the model, the others from histograms of the samples. */
export function chooseEncodings(
  graph: Graph,
  histograms: ReadonlyMap<string, Histogram>,
  fixed: (name: string) => Encoding | undefined,
  options: EncodingOptions,
): Encodings {
  const chosen = new Map<string, Encoding>();
  const readers = readersOf(graph);
  const outputs = new Set(graph.outputs);
  const probabilities = outputProbabilities(graph);

  const onlyContractions = (name: string): boolean => {
    const nodes = readers.get(name) ?? [];
    if (outputs.has(name) || nodes.length === 0) return false;
    return nodes.every((node) => {
      if (TRANSPARENT.has(node.op)) return node.outputs.every(onlyContractions);
      const counted = CONTRACTIONS[node.op] ?? [];
      return node.inputs.every((input, at) => input !== name || counted.includes(at));
    });
  };

  // A root stretches what is near zero: 16 bits of a square are 8 bits of its root.
  const onlyRoots = (name: string): boolean => {
    const nodes = readers.get(name) ?? [];
    if (outputs.has(name) || nodes.length === 0) return false;
    return nodes.every(({ op, outputs: made }) => op === "Sqrt" || (SUMS.has(op) && made.every(onlyRoots)));
  };

  const choose = (name: string): Encoding => {
    const given = fixed(name);
    if (given !== undefined) return given;
    const histogram = histograms.get(name);
    if (histogram === undefined) return symmetric("i16", { low: -1, high: 1 });
    const { low, high } = histogram.range;
    if (low >= 0 && onlyRoots(name)) {
      return {
        dtype: "i32",
        scale: Math.max(high * options.headroom, Number.MIN_VALUE * MAX_SQUARE) / MAX_SQUARE,
        zeroPoint: 0,
      };
    }
    // A detector calibrated without anything to detect still has to tell when it sees something.
    if (probabilities.has(name)) return symmetric("i16", { low: 0, high: 1 });
    const wide = symmetric("i16", { low: low * options.headroom, high: high * options.headroom });
    if (options.activations === "i16" || outputs.has(name)) return wide;
    if (options.activations === "i8") return encodingOf(histogram, "i8", options.range);
    const narrow = encodingOver("i8", { low: low * options.headroom, high: high * options.headroom });
    return onlyContractions(name) && sqnr(histogram, narrow) >= options.leastSqnr ? narrow : wide;
  };

  return {
    of(name) {
      const encoding = chosen.get(name) ?? choose(name);
      chosen.set(name, encoding);
      return encoding;
    },
    isFixed: (name) => fixed(name) !== undefined,
    range: (name) => histograms.get(name)?.range ?? { low: -1, high: 1 },
    sqnr(name, encoding) {
      const histogram = histograms.get(name);
      return histogram && sqnr(histogram, encoding);
    },
  };
}

/** Values between 0 and 1 that become outputs as they are, or averaged. */
function outputProbabilities(graph: Graph): Set<string> {
  const shown = new Set(graph.outputs);
  for (const { op, inputs, outputs } of graph.nodes.toReversed()) {
    if (KEEPING.has(op) && outputs.some((name) => shown.has(name))) shown.add(inputs[0] ?? "");
  }
  const found = new Set<string>();
  for (const { op, inputs, outputs } of graph.nodes) {
    const isProbability = PROBABILITIES.has(op) || (KEEPING.has(op) && found.has(inputs[0] ?? ""));
    if (isProbability) for (const name of outputs) if (shown.has(name)) found.add(name);
  }
  return found;
}

function readersOf(graph: Graph): Map<string, GraphNode[]> {
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  return readers;
}
