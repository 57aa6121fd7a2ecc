import { createExecutor, type Backend } from "@orion/protocol/kernels/node";
import { ProgramBuilder, tensor, type Tensor, type Value } from "@orion/protocol/tensor";

import { digitsShard } from "../support/digits-shard.ts";
import { onNode, onWeb } from "./onnx-runtime.ts";
import { onnxDigits, onnxMatmul } from "./onnx-cases.ts";

/** One computation and whoever does it. */
export interface Case {
  readonly name: string;
  readonly macs: number;
  readonly contestants: Readonly<Record<string, () => unknown>>;
}

/** A multiplier as quantised models have them: all 31 bits used. */
const M = 1_518_500_249;

function bytes(count: number): Int8Array {
  let state = 1;
  return Int8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function ours(
  backends: readonly Backend[],
  x: Tensor,
  write: (b: ProgramBuilder, x: Value) => Value,
): Record<string, () => unknown> {
  const b = new ProgramBuilder();
  const { program, constants } = b.build(write(b, b.shardInput(x.dtype, x.dims.slice(4 - x.rank))));
  return Object.fromEntries(
    backends.map((backend) => {
      const executor = createExecutor(program, constants, backend);
      return [`orion, ${backend.mode}`, () => executor.outputs({ shared: [], shard: [x] })];
    }),
  );
}

/** The loop that anyone would write, on the bytes themselves; no requantisation. */
function plainMatmul(a: Int8Array, w: Int8Array, size: number): () => unknown {
  return () => {
    const out = new Int32Array(size * size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += a[row * size + i]! * w[column * size + i]!;
        out[row * size + column] = sum;
      }
    }
    return out;
  };
}

/** A square matrix product; the plain loop only where it ends soon. */
export async function matmulCase(backends: readonly Backend[], size: number): Promise<Case> {
  const [a, w] = [bytes(size * size), bytes(size * size)];
  const x = new Uint8Array(a.buffer);
  const model = onnxMatmul(size);
  const contestants = {
    ...(size > 256 ? {} : { "plain JavaScript loop": plainMatmul(a, w, size) }),
    ...ours(backends, tensor("i8", [size, size], a), (b, value) =>
      b.matmul(value, b.constant(tensor("i8", [size, size], w)), { dtype: "i8", m: M, s: 44 }),
    ),
    "ONNX Runtime web": await onWeb(model, x, [size, size]),
    "ONNX Runtime node": await onNode(model, x, [size, size]),
  };
  return { name: `matmul ${size}×${size}×${size}`, macs: size ** 3, contestants };
}

/** Images, side, input channels and output channels of a 3×3 convolution with padding 1. */
export function convCase(
  backends: readonly Backend[],
  [images, side, c, o]: readonly [number, number, number, number],
): Case {
  const x = tensor("i8", [images, side, side, c], bytes(images * side * side * c));
  const w = tensor("i8", [o, 3, 3, c], bytes(o * 9 * c));
  const contestants = ours(backends, x, (b, value) =>
    b.conv2d(value, b.constant(w), { dtype: "i8", m: M, s: 42, pad: [1, 1, 1, 1] }),
  );
  return { name: `conv2d ${images}×${side}×${side}×${c} → ${o}`, macs: images * side * side * c * 9 * o, contestants };
}

/** Images, side and channels of a depthwise 3×3 convolution with padding 1. */
export function depthwiseCase(
  backends: readonly Backend[],
  [images, side, c]: readonly [number, number, number],
): Case {
  const x = tensor("i8", [images, side, side, c], bytes(images * side * side * c));
  const w = tensor("i8", [c, 3, 3, 1], bytes(c * 9));
  const contestants = ours(backends, x, (b, value) =>
    b.conv2d(value, b.constant(w), { dtype: "i8", m: M, s: 38, pad: [1, 1, 1, 1], groups: c }),
  );
  return { name: `depthwise ${images}×${side}×${side}×${c}`, macs: images * side * side * c * 9, contestants };
}

export async function digitsCase(backends: readonly Backend[]): Promise<Case> {
  const { program, constants, inputs, images } = await digitsShard();
  const contestants: Record<string, () => unknown> = {};
  for (const backend of backends) {
    const executor = createExecutor(program, constants, backend);
    contestants[`orion, ${backend.mode}`] = () => executor.outputs(inputs);
  }
  const x = Uint8Array.from(inputs.shard[0]?.data ?? []);
  const [model, dims] = [onnxDigits(images), [images, 1, 28, 28]];
  contestants["ONNX Runtime web"] = await onWeb(model, x, dims);
  contestants["ONNX Runtime node"] = await onNode(model, x, dims);
  const macs = program.nodes.reduce((sum, node) => {
    const [a, w] = node.operands;
    if (a === undefined || w === undefined || (node.op !== "matmul" && node.op !== "conv2d")) return sum;
    const terms = node.op === "matmul" ? w.dims[3] : w.dims[1] * w.dims[2] * w.dims[3];
    return sum + node.dims.reduce((product, extent) => product * extent, terms);
  }, 0);
  return { name: `digits program, ${images} images`, macs, contestants };
}
