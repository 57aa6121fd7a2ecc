import type { Random } from "../random.ts";
import { accumulateBias, addBias } from "./conv.ts";
import { accumulateOuter, multiplyByRows, transpose } from "./gemm.ts";
import type { Layer } from "./layer.ts";
import { heParameter, type Parameter, zeroParameter } from "./parameter.ts";

/** A fully connected layer: weights [outputs, inputs] on vectors [n, 1, 1, inputs]. */
export interface Dense extends Layer {
  readonly weights: Parameter;
  readonly bias: Parameter;
}

export function createDense(name: string, inputs: number, outputs: number, random: Random): Dense {
  const weights = heParameter(`${name}.weights`, [outputs, inputs], inputs, random);
  const bias = zeroParameter(`${name}.bias`, [outputs]);
  let rows: Float32Array = new Float32Array(0);

  return {
    weights,
    bias,
    parameters: [weights, bias],
    forward(input) {
      rows = input.data;
      const data = new Float32Array(input.n * outputs);
      multiplyByRows(rows, weights.value, data, { m: input.n, n: outputs, k: inputs });
      addBias(data, bias.value);
      return { n: input.n, h: 1, w: 1, c: outputs, data };
    },
    backward(gradient) {
      const m = gradient.n;
      accumulateOuter(gradient.data, rows, weights.gradient, { m, n: outputs, k: inputs });
      accumulateBias(gradient.data, bias.gradient);
      const data = new Float32Array(m * inputs);
      multiplyByRows(gradient.data, transpose(weights.value, outputs, inputs), data, { m, n: inputs, k: outputs });
      return { n: m, h: 1, w: 1, c: inputs, data };
    },
  };
}
