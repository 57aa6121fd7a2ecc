import { f32, i64, writeModel } from "./write-model.ts";

/** Images of the small network, one a sample. */
export const IMAGE = [1, 1, 12, 12] as const;
export const CLASSES = 5;

/** Reproducible numbers in [−1, 1). */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const filled = (count: number, next: () => number, scale: number): number[] =>
  Array.from({ length: count }, () => next() * scale);

/** A float network of two convolutions, a pool and a dense layer, as an .onnx file. */
export function smallCnn(seed: number): Uint8Array {
  const next = noise(seed);
  return writeModel({
    inputs: [{ name: "image", dims: [...IMAGE] }],
    outputs: [{ name: "scores", dims: [1, CLASSES] }],
    initializers: {
      w1: f32([8, 1, 3, 3], filled(72, next, 0.6)),
      b1: f32([8], filled(8, next, 0.2)),
      w2: f32([16, 8, 3, 3], filled(1_152, next, 0.25)),
      b2: f32([16], filled(16, next, 0.2)),
      w3: f32([16, CLASSES], filled(16 * CLASSES, next, 0.8)),
      flat: i64([1, 16]),
    },
    nodes: [
      { op: "Conv", inputs: ["image", "w1", "b1"], outputs: ["c1"], attributes: { pads: [1, 1, 1, 1] } },
      { op: "Relu", inputs: ["c1"], outputs: ["r1"] },
      { op: "MaxPool", inputs: ["r1"], outputs: ["p1"], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: "Conv", inputs: ["p1", "w2", "b2"], outputs: ["c2"], attributes: { pads: [1, 1, 1, 1] } },
      { op: "HardSwish", inputs: ["c2"], outputs: ["r2"] },
      { op: "GlobalAveragePool", inputs: ["r2"], outputs: ["g"] },
      { op: "Reshape", inputs: ["g", "flat"], outputs: ["f"] },
      { op: "MatMul", inputs: ["f", "w3"], outputs: ["scores"] },
    ],
    opset: 17,
  });
}

/** Images with some structure, behind each other. */
export function smallImages(count: number, seed: number): Float32Array {
  const next = noise(seed);
  const [, , height, width] = IMAGE;
  const data = new Float32Array(count * height * width);
  for (let image = 0; image < count; image++) {
    const [angle, base] = [next() * Math.PI, next() * 0.4];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const wave = Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) / 1.5);
        data[(image * height + y) * width + x] = base + 0.5 * wave + 0.1 * next();
      }
    }
  }
  return data;
}
