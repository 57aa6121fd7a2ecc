import { CLASSES } from "./dataset.ts";

/** How well predicted classes agree with the labels. */
export interface Evaluation {
  readonly accuracy: number;
  readonly correct: number;
  readonly total: number;
  /** confusion[label][prediction] counts images. */
  readonly confusion: readonly (readonly number[])[];
}

/** Compares `predictions` with `labels` (both 0…9, equal lengths). */
export function evaluate(predictions: ArrayLike<number>, labels: Uint8Array): Evaluation {
  if (predictions.length !== labels.length) {
    throw new RangeError(`${predictions.length} predictions for ${labels.length} labels`);
  }
  const confusion = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  let correct = 0;
  labels.forEach((label, i) => {
    const prediction = predictions[i]!;
    const row = confusion[label];
    if (row?.[prediction] === undefined) throw new RangeError(`image ${i}: class ${prediction}, label ${label}`);
    row[prediction] += 1;
    if (prediction === label) correct += 1;
  });
  return { accuracy: correct / labels.length, correct, total: labels.length, confusion };
}
