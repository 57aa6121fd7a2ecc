import { commonSettings, type KernelLayout } from "./layout.ts";

/** By group of four channels, then by row. */
type Quads = Float32Array[][];

/**
 * Four channels per thread, for WebAssembly and the CPU: gpu.js puts four rows into the lanes of a SIMD register, so one
 * gather of inputs and four broadcast weights make sixteen products. The weights stand in groups of four channels.
 */
export const quadLayout: KernelLayout = {
  name: "quad",
  channelStep: 4,
  source({ terms }) {
    return `function (slab, base, taps, weights) {
      const first = base[this.thread.x];
      const offset = this.thread.y * ${4 * terms};
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let k = 0; k < ${terms}; k++) {
        const v = slab[first + taps[k]];
        const p = offset + k * 4;
        s0 += v * weights[p];
        s1 += v * weights[p + 1];
        s2 += v * weights[p + 2];
        s3 += v * weights[p + 3];
      }
      return [s0, s1, s2, s3];
    }`;
  },
  settings: (shape) => ({
    ...commonSettings(shape),
    output: [shape.rows, shape.channels / 4],
    returnType: "Array(4)",
  }),
  weightIndex: (terms, channel, term) => (channel - (channel % 4)) * terms + term * 4 + (channel % 4),
  accumulate(result, shape, rows, channels, { sums, pitch, first }) {
    const quads = result as Quads;
    const flat = contiguous(quads, shape.rows);
    for (let n = 0; n < channels; n += 4) {
      const width = Math.min(4, channels - n);
      for (let m = 0; m < rows; m++) {
        const quad = flat ?? quads[n / 4]?.[m] ?? [];
        const from = flat === undefined ? 0 : ((n / 4) * shape.rows + m) * 4;
        const to = m * pitch + first + n;
        (sums[to] as number) += quad[from] as number;
        if (width > 1) (sums[to + 1] as number) += quad[from + 1] as number;
        if (width > 2) (sums[to + 2] as number) += quad[from + 2] as number;
        if (width > 3) (sums[to + 3] as number) += quad[from + 3] as number;
      }
    }
  },
  at: (result, _, row, channel) =>
    ((result as Quads)[Math.floor(channel / 4)]?.[row] as Float32Array)[channel % 4] as number,
};

/** The one array behind all quads where a device returns views into it, otherwise undefined. */
function contiguous(quads: Quads, rows: number): Float32Array | undefined {
  const first = quads[0]?.[0];
  const last = quads.at(-1)?.at(-1);
  if (first === undefined || last === undefined || first.buffer !== last.buffer) return undefined;
  const count = quads.length * rows * 4;
  if (last.byteOffset - first.byteOffset !== (count - 4) * Float32Array.BYTES_PER_ELEMENT) return undefined;
  return new Float32Array(first.buffer, first.byteOffset, count);
}
