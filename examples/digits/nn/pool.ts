import type { Batch, Layer } from "./layer.ts";

type Shape = Omit<Batch, "data">;

/** Maximum over 2 × 2 windows with stride 2; the extents must be even. */
export function createMaxPool(): Layer {
  let winners = new Int32Array(0);
  let shape: Shape = { n: 0, h: 0, w: 0, c: 0 };
  return {
    parameters: [],
    forward(input) {
      shape = { n: input.n, h: input.h, w: input.w, c: input.c };
      const out = halved(shape);
      winners = new Int32Array(out.data.length);
      forEachWindow(shape, (output, taps) => {
        let best = taps[0]!;
        for (const tap of taps) if (input.data[tap]! > input.data[best]!) best = tap;
        winners[output] = best;
        out.data[output] = input.data[best]!;
      });
      return out;
    },
    backward(gradient) {
      const data = new Float32Array(shape.n * shape.h * shape.w * shape.c);
      winners.forEach((winner, output) => (data[winner] = gradient.data[output]!));
      return { ...shape, data };
    },
  };
}

/** Mean over 2 × 2 windows with stride 2; windows that reach over the edge average their real taps only. */
export function createAveragePool(): Layer {
  let shape: Shape = { n: 0, h: 0, w: 0, c: 0 };
  return {
    parameters: [],
    forward(input) {
      shape = { n: input.n, h: input.h, w: input.w, c: input.c };
      const out = halved(shape);
      forEachWindow(shape, (output, taps) => {
        let sum = 0;
        for (const tap of taps) sum += input.data[tap]!;
        out.data[output] = sum / taps.length;
      });
      return out;
    },
    backward(gradient) {
      const data = new Float32Array(shape.n * shape.h * shape.w * shape.c);
      forEachWindow(shape, (output, taps) => {
        for (const tap of taps) data[tap] = gradient.data[output]! / taps.length;
      });
      return { ...shape, data };
    },
  };
}

function halved({ n, h, w, c }: Shape): Batch {
  const [outH, outW] = [Math.ceil(h / 2), Math.ceil(w / 2)];
  return { n, h: outH, w: outW, c, data: new Float32Array(n * outH * outW * c) };
}

/** Visits every output element with the flat indices of its real taps, in row-major order. */
function forEachWindow({ n, h, w, c }: Shape, visit: (output: number, taps: readonly number[]) => void): void {
  let output = 0;
  for (let image = 0; image < n; image++) {
    for (let y = 0; y < h; y += 2) {
      for (let x = 0; x < w; x += 2) {
        for (let channel = 0; channel < c; channel++, output++) {
          const corner = ((image * h + y) * w + x) * c + channel;
          const taps = [corner];
          if (x + 1 < w) taps.push(corner + c);
          if (y + 1 < h) taps.push(corner + w * c);
          if (x + 1 < w && y + 1 < h) taps.push(corner + w * c + c);
          visit(output, taps);
        }
      }
    }
  }
}
