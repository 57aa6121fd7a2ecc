import { commonSettings, type KernelLayout, type KernelShape } from "./layout.ts";

/**
 * One thread per output element and a flat output, for WebGL and WebGPU, whose textures limit rows but not areas. The half
 * that is added before the division keeps the quotient's floor right although the division is not correctly rounded:
 * the nearest integer is at least 0.5/channels away, the error below 2.5·2^-24·(rows·channels)/channels.
 */
export const flatLayout: KernelLayout = {
  name: "flat",
  channelStep: 1,
  source({ channels, terms }) {
    return `function (slab, base, taps, weights) {
      const row = Math.floor((this.thread.x + 0.5) / ${channels});
      const first = base[row];
      const offset = (this.thread.x - row * ${channels}) * ${terms};
      let sum = 0;
      for (let k = 0; k < ${terms}; k++) {
        sum += slab[first + taps[k]] * weights[offset + k];
      }
      return sum;
    }`;
  },
  settings: (shape) => ({ ...commonSettings(shape), output: [shape.rows * shape.channels] }),
  weightIndex: (terms, channel, term) => channel * terms + term,
  accumulate(result, shape, rows, channels, { sums, pitch, first }) {
    const values = result as Float32Array;
    for (let m = 0; m < rows; m++) {
      for (let n = 0; n < channels; n++) {
        (sums[m * pitch + first + n] as number) += values[m * shape.channels + n] as number;
      }
    }
  },
  at: (result, shape: KernelShape, row, channel) => (result as Float32Array)[row * shape.channels + channel] as number,
};
