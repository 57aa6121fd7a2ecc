import { CLASSES, type Dataset, STREAM } from "./dataset.ts";
import { IMAGE_PIXELS, IMAGE_SIZE } from "./drawing/draw.ts";
import { createAdam } from "./nn/adam.ts";
import type { Batch } from "./nn/layer.ts";
import { softmaxCrossEntropy } from "./nn/loss.ts";
import { createNetwork, type Network } from "./nn/network.ts";
import { createRandom, type Random } from "./random.ts";

const BATCH = 32;
const PEAK_RATE = 2e-3;
const WARM_UP_STEPS = 50;

export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  /** Called after every batch, with the running mean of the loss over the epoch. */
  readonly onProgress?: (progress: { epoch: number; done: number; total: number; loss: number }) => void;
}

/** Trains a network from scratch (Adam, cosine schedule). Equal arguments give equal weights on one version of Node. */
export function trainNetwork(data: Dataset, options: TrainingOptions): Network {
  const network = createNetwork(options.seed);
  const adam = createAdam(network.parameters);
  const random = createRandom(options.seed, STREAM.shuffle);
  const order = Uint32Array.from({ length: data.count }, (_, i) => i);
  const batches = Math.floor(data.count / BATCH);
  const totalSteps = batches * options.epochs;

  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, random);
    let lossSum = 0;
    for (let k = 0; k < batches; k++) {
      const { images, labels } = gather(data, order.subarray(k * BATCH, (k + 1) * BATCH));
      const { loss, gradient } = softmaxCrossEntropy(network.forward(images).logits, labels);
      network.backward(gradient);
      adam.step(learningRate(epoch * batches + k, totalSteps));
      lossSum += loss;
      options.onProgress?.({ epoch, done: k + 1, total: batches, loss: lossSum / (k + 1) });
    }
  }
  return network;
}

/** The network's class for every image of `data`. */
export function classify(network: Network, data: Dataset): Uint8Array {
  const classes = new Uint8Array(data.count);
  for (let start = 0; start < data.count; start += BATCH) {
    const rows = Uint32Array.from({ length: Math.min(BATCH, data.count - start) }, (_, i) => start + i);
    const { logits } = network.forward(gather(data, rows).images);
    rows.forEach((row, i) => (classes[row] = highest(logits.data.subarray(i * CLASSES, (i + 1) * CLASSES))));
  }
  return classes;
}

/** The named images of `data` as a batch in [0, 1]. */
export function gather(data: Dataset, rows: Uint32Array): { images: Batch; labels: Uint8Array } {
  const pixels = new Float32Array(rows.length * IMAGE_PIXELS);
  rows.forEach((row, i) => {
    for (let p = 0; p < IMAGE_PIXELS; p++) {
      pixels[i * IMAGE_PIXELS + p] = data.images[row * IMAGE_PIXELS + p]! / 255;
    }
  });
  return {
    images: { n: rows.length, h: IMAGE_SIZE, w: IMAGE_SIZE, c: 1, data: pixels },
    labels: Uint8Array.from(rows, (row) => data.labels[row]!),
  };
}

function learningRate(step: number, total: number): number {
  const warmUp = Math.min(1, (step + 1) / WARM_UP_STEPS);
  return PEAK_RATE * warmUp * 0.5 * (1 + Math.cos((Math.PI * step) / total));
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.index(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
}

/** Lowest index of the highest score, as the operator argmax has it. */
function highest(scores: Float32Array): number {
  return scores.reduce((best, score, k) => (score > scores[best]! ? k : best), 0);
}
