import type { Graph, GraphTensor } from "../graph/types.ts";
import { Histogram } from "./histogram.ts";

/** Values of a graph's inputs by name. */
export type Sample = Readonly<Record<string, GraphTensor>>;

/** Computes a graph in floating point; `onValue` sees every input and every computed value. */
export interface FloatRunner {
  run(
    inputs: Sample,
    options?: { readonly onValue?: (name: string, tensor: GraphTensor) => void },
  ): Promise<ReadonlyMap<string, GraphTensor>>;
}

/** What the samples show of a graph's real values. */
export interface Calibration {
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Mean per input channel of every value that a contraction with constant weights may read. */
  readonly channelMeans: ReadonlyMap<string, Float64Array>;
}

const FLOATS: readonly GraphTensor["type"][] = ["f32", "f64"];

/** Axis of the input channels of the values that contractions read, by name. */
function channelAxes(graph: Graph): Map<string, number> {
  const axes = new Map<string, number>();
  for (const { op, inputs } of graph.nodes) {
    const [x] = inputs;
    if (x === undefined || x === "") continue;
    if (op === "Conv" || op === "ConvTranspose") axes.set(x, 1);
    if (op === "MatMul" || op === "Gemm") axes.set(x, graph.values.get(x)!.dims.length - 1);
  }
  return axes;
}

/** Adds up a tensor per index of one axis. */
function addPerChannel(sums: Float64Array, { data, dims }: GraphTensor, axis: number): void {
  const inner = dims.slice(axis + 1).reduce((all, extent) => all * extent, 1);
  const reals = data as Float32Array;
  for (let block = 0; block * inner < reals.length; block++) {
    let sum = 0;
    for (let i = block * inner; i < (block + 1) * inner; i++) sum += reals[i]!;
    sums[block % sums.length]! += sum;
  }
}

/** Histograms of all real values of a graph over the samples, and means per channel of what contractions read. */
export async function calibrate(
  graph: Graph,
  runner: FloatRunner,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
): Promise<Calibration> {
  const histograms = new Map<string, Histogram>();
  const axes = channelAxes(graph);
  const sums = new Map<string, Float64Array>();
  const onValue = (name: string, tensor: GraphTensor): void => {
    if (!FLOATS.includes(tensor.type) || graph.constants.has(name)) return;
    const histogram = histograms.get(name) ?? new Histogram();
    histograms.set(name, histogram);
    histogram.add(tensor.data as Float32Array);
    const axis = axes.get(name);
    if (axis === undefined || tensor.dims[axis] === undefined) return;
    const sum = sums.get(name) ?? new Float64Array(tensor.dims[axis]);
    sums.set(name, sum);
    addPerChannel(sum, tensor, axis);
  };
  for await (const sample of samples) await runner.run(sample, { onValue });
  const channelMeans = new Map<string, Float64Array>();
  for (const [name, sum] of sums) {
    const perChannel = histograms.get(name)!.count / sum.length;
    channelMeans.set(
      name,
      sum.map((total) => (perChannel === 0 ? 0 : total / perChannel)),
    );
  }
  return { histograms, channelMeans };
}
