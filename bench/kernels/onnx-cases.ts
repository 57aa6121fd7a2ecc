import { FLOAT, INT32, INT8, MICROSOFT, OnnxModel, UINT8 } from "./onnx-model.ts";

/** Any weights do: time does not depend on them. */
function bytes(count: number): Int8Array {
  return Int8Array.from({ length: count }, (_, i) => Math.round(Math.sin(i * 1.7) * 120));
}

function scales(model: OnnxModel): void {
  model.constant("scale", FLOAT, [], Float32Array.of(0.02));
  model.constant("zero", UINT8, [], Uint8Array.of(0));
}

/** Weights with a zero point of their own: ONNX Runtime refuses two that share one when it widens them. */
function weights(model: OnnxModel, w: string): string[] {
  return [w, "scale", model.constant(`${w}.zero`, INT8, [], Int8Array.of(0))];
}

function matmul(model: OnnxModel, x: string, y: string, terms: number, channels: number): string {
  const w = model.constant(`${y}.w`, INT8, [terms, channels], bytes(terms * channels));
  return model.node("QLinearMatMul", [x, "scale", "zero", ...weights(model, w), "scale", "zero"], y);
}

/** Unsigned bytes [size, size] times signed weights [size, size], requantised to unsigned bytes. */
export function onnxMatmul(size: number): Uint8Array {
  const model = new OnnxModel();
  scales(model);
  matmul(model, "x", "y", size, size);
  return model.encode([size, size], [size, size]);
}

interface ConvShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
}

function conv(model: OnnxModel, x: string, y: string, { inputs, outputs, kernel, stride, pad }: ConvShape): string {
  const w = model.constant(
    `${y}.w`,
    INT8,
    [outputs, inputs, kernel, kernel],
    bytes(outputs * inputs * kernel * kernel),
  );
  const bias = model.constant(`${y}.b`, INT32, [outputs], new Int32Array(outputs));
  const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] };
  return model.node("QLinearConv", [x, "scale", "zero", ...weights(model, w), "scale", "zero", bias], y, attributes);
}

/** The digits program's layers with made-up weights; its lookup and its argmax are left out. */
export function onnxDigits(images: number): Uint8Array {
  const model = new OnnxModel();
  scales(model);
  const same = { kernel: 3, stride: 1, pad: 1 };
  conv(model, "x", "c1", { inputs: 1, outputs: 8, kernel: 5, stride: 2, pad: 2 });
  conv(model, "c1", "c2", { inputs: 8, outputs: 16, ...same });
  model.node("MaxPool", ["c2"], "p1", { kernel_shape: [2, 2], strides: [2, 2] });
  conv(model, "p1", "c3", { inputs: 16, outputs: 24, ...same });
  conv(model, "c3", "c4", { inputs: 24, outputs: 24, ...same });
  const quantised = (x: string): string[] => [x, "scale", "zero"];
  model.node("QLinearAdd", [...quantised("c3"), ...quantised("c4"), "scale", "zero"], "sum", {}, MICROSOFT);
  const pool = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 1, 1] };
  model.node("QLinearAveragePool", [...quantised("sum"), "scale", "zero"], "p2", pool, MICROSOFT);
  model.node("Flatten", ["p2"], "flat");
  matmul(model, "flat", "hidden", 384, 64);
  matmul(model, "hidden", "y", 64, 10);
  return model.encode([images, 1, 28, 28], [images, 10]);
}
