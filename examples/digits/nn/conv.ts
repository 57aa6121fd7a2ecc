import type { Random } from "../random.ts";
import { accumulateOuter, multiplyByRows, transpose } from "./gemm.ts";
import { type Geometry, columnsToImage, imageToColumns, outputExtents } from "./im2col.ts";
import type { Batch, Layer } from "./layer.ts";
import { heParameter, type Parameter, zeroParameter } from "./parameter.ts";

/** A convolution with bias: weights OHWI [outputs, kernel, kernel, inputs], zero padding of `pad` on every side. */
export interface Convolution extends Layer {
  readonly geometry: Geometry;
  readonly weights: Parameter;
  readonly bias: Parameter;
}

export function createConvolution(name: string, geometry: Geometry, outputs: number, random: Random): Convolution {
  const { kernel, inputs } = geometry;
  const taps = kernel * kernel * inputs;
  const weights = heParameter(`${name}.weights`, [outputs, kernel, kernel, inputs], taps, random);
  const bias = zeroParameter(`${name}.bias`, [outputs]);
  let columns: Float32Array = new Float32Array(0);
  let shape: Omit<Batch, "data"> = { n: 0, h: 0, w: 0, c: 0 };

  return {
    geometry,
    weights,
    bias,
    parameters: [weights, bias],
    forward(input) {
      shape = { n: input.n, h: input.h, w: input.w, c: input.c };
      columns = imageToColumns(input, geometry);
      const { h, w } = outputExtents(shape, geometry);
      const data = new Float32Array(input.n * h * w * outputs);
      multiplyByRows(columns, weights.value, data, { m: input.n * h * w, n: outputs, k: taps });
      addBias(data, bias.value);
      return { n: input.n, h, w, c: outputs, data };
    },
    backward(gradient) {
      const m = gradient.n * gradient.h * gradient.w;
      accumulateOuter(gradient.data, columns, weights.gradient, { m, n: outputs, k: taps });
      accumulateBias(gradient.data, bias.gradient);
      const spread = new Float32Array(m * taps);
      multiplyByRows(gradient.data, transpose(weights.value, outputs, taps), spread, { m, n: taps, k: outputs });
      return columnsToImage(spread, shape, geometry);
    },
  };
}

/** data[m, n] += bias[n]. */
export function addBias(data: Float32Array, bias: Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = data[i]! + bias[i % bias.length]!;
}

/** gradient[n] += Σ_m data[m, n]. */
export function accumulateBias(data: Float32Array, gradient: Float32Array): void {
  const channels = gradient.length;
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    gradient[channel] = gradient[channel]! + data[i]!;
  }
}
