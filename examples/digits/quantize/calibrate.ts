import type { Dataset } from "../dataset.ts";
import type { Batch } from "../nn/layer.ts";
import type { Activations, Network } from "../nn/network.ts";
import { gather } from "../train.ts";
import type { Range } from "./encoding.ts";

const BATCH = 64;

/** The range of every stored activation over the first `count` images of `data`. */
export function calibrate(network: Network, data: Dataset, count: number): Record<keyof Activations, Range> {
  const ranges = new Map<string, Range>();
  for (let start = 0; start < count; start += BATCH) {
    const rows = Uint32Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => start + i);
    const activations = network.forward(gather(data, rows).images);
    for (const [name, batch] of Object.entries<Batch>({ ...activations })) {
      ranges.set(name, widen(ranges.get(name), batch.data));
    }
  }
  return Object.fromEntries(ranges) as Record<keyof Activations, Range>;
}

function widen(range: Range | undefined, values: Float32Array): Range {
  let { low, high } = range ?? { low: Infinity, high: -Infinity };
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}
