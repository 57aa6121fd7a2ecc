import { drawDigit, IMAGE_PIXELS } from "./drawing/draw.ts";
import { createRandom } from "./random.ts";

export const CLASSES = 10;

/** Independent random sequences of one seed; the splits never share a draw. */
export const STREAM = { train: 1, test: 2, weights: 3, shuffle: 4, calibration: 5 } as const;

export interface Dataset {
  readonly count: number;
  /** u8 [count, 28, 28, 1]: ink bright on a dark ground. */
  readonly images: Uint8Array;
  /** u8 [count]: 0…9. */
  readonly labels: Uint8Array;
}

/**
 * Draws `count` labelled digits, each class equally often (up to one) and in random order. Equal arguments give equal bytes.
 */
export function drawDataset(seed: number, stream: number, count: number): Dataset {
  const random = createRandom(seed, stream);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  for (let last = count - 1; last > 0; last--) {
    const other = random.index(last + 1);
    [labels[last], labels[other]] = [labels[other]!, labels[last]!];
  }
  const images = new Uint8Array(count * IMAGE_PIXELS);
  labels.forEach((label, i) => images.set(drawDigit(label, random), i * IMAGE_PIXELS));
  return { count, images, labels };
}
