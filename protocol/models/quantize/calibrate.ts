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

const FLOATS: readonly GraphTensor["type"][] = ["f32", "f64"];

/** Histograms of all real values of a graph over the samples. */
export async function calibrate(
  graph: Graph,
  runner: FloatRunner,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
): Promise<Map<string, Histogram>> {
  const histograms = new Map<string, Histogram>();
  const onValue = (name: string, tensor: GraphTensor): void => {
    if (!FLOATS.includes(tensor.type) || graph.constants.has(name)) return;
    const histogram = histograms.get(name) ?? new Histogram();
    histograms.set(name, histogram);
    histogram.add(tensor.data as Float32Array);
  };
  for await (const sample of samples) await runner.run(sample, { onValue });
  return histograms;
}
