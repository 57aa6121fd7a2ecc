import type { Parameter } from "./parameter.ts";

const DECAY_OF_MEAN = 0.9;
const DECAY_OF_SQUARE = 0.999;
const EPSILON = 1e-8;

/** Adam (Kingma and Ba 2015); `step` consumes the gradients and clears them. */
export function createAdam(parameters: readonly Parameter[]): { step(learningRate: number): void } {
  const moments = parameters.map(({ value }) => ({
    mean: new Float32Array(value.length),
    square: new Float32Array(value.length),
  }));
  let steps = 0;
  return {
    step(learningRate) {
      steps += 1;
      const meanScale = 1 / (1 - DECAY_OF_MEAN ** steps);
      const squareScale = 1 / (1 - DECAY_OF_SQUARE ** steps);
      parameters.forEach(({ value, gradient }, p) => {
        const { mean, square } = moments[p]!;
        for (let i = 0; i < value.length; i++) {
          const g = gradient[i]!;
          const m = (mean[i] = DECAY_OF_MEAN * mean[i]! + (1 - DECAY_OF_MEAN) * g);
          const v = (square[i] = DECAY_OF_SQUARE * square[i]! + (1 - DECAY_OF_SQUARE) * g * g);
          const change = (learningRate * m * meanScale) / (Math.sqrt(v * squareScale) + EPSILON);
          value[i] = value[i]! - change;
          gradient[i] = 0;
        }
      });
    },
  };
}
