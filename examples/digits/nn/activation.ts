import type { Layer } from "./layer.ts";

/** max(x, 0). */
export function createRelu(): Layer {
  return createActivation(
    (x) => Math.max(x, 0),
    (x) => (x > 0 ? 1 : 0),
  );
}

/** x · sigmoid(x), also known as swish. */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

export function createSilu(): Layer {
  return createActivation(silu, (x) => {
    const gate = 1 / (1 + Math.exp(-x));
    return gate * (1 + x * (1 - gate));
  });
}

function createActivation(value: (x: number) => number, slope: (x: number) => number): Layer {
  let seen: Float32Array = new Float32Array(0);
  return {
    parameters: [],
    forward(input) {
      seen = input.data;
      return { ...input, data: seen.map(value) };
    },
    backward(gradient) {
      return { ...gradient, data: gradient.data.map((g, i) => g * slope(seen[i]!)) };
    },
  };
}
