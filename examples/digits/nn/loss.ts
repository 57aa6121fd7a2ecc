import type { Batch } from "./layer.ts";

/** Mean softmax cross-entropy of logits [n, 1, 1, classes] and its gradient. */
export function softmaxCrossEntropy(logits: Batch, labels: Uint8Array): { loss: number; gradient: Batch } {
  const { n, c, data } = logits;
  const gradient = new Float32Array(data.length);
  let loss = 0;
  for (let row = 0; row < n; row++) {
    const scores = data.subarray(row * c, row * c + c);
    const highest = scores.reduce((a, b) => Math.max(a, b));
    const powers = Array.from(scores, (score) => Math.exp(score - highest));
    const total = powers.reduce((a, b) => a + b);
    const label = labels[row]!;
    loss -= Math.log(powers[label]! / total) / n;
    powers.forEach((power, k) => (gradient[row * c + k] = (power / total - (k === label ? 1 : 0)) / n));
  }
  return { loss, gradient: { ...logits, data: gradient } };
}
