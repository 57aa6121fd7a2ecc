import { createBackend, createExecutor, type Backend, type Mode } from "@orion/protocol/kernels/node";
import { ProgramBuilder, tensor, type Tensor, type Value } from "@orion/protocol/tensor";
import gpuJs from "gpu.js";
import { compare, type Timing } from "./support/measure.ts";
import { digitsShard } from "./support/digits-shard.ts";
import { writeResult } from "./support/write-result.ts";

interface Case {
  readonly name: string;
  readonly macs: number;
  readonly contestants: Readonly<Record<string, () => unknown>>;
}

function bytes(count: number): Int8Array {
  let state = 1;
  return Int8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function ours(backend: Backend, x: Tensor, write: (b: ProgramBuilder, x: Value) => Value): () => Promise<unknown> {
  const b = new ProgramBuilder();
  const { program, constants } = b.build(write(b, b.shardInput(x.dtype, x.dims.slice(4 - x.rank))));
  const executor = createExecutor(program, constants, backend);
  return () => executor.outputs({ shared: [], shard: [x] });
}

/** Matrix product as gpu.js's own documentation writes it: floats, no requantisation, nested rows. */
function gpuJsMatmul(
  mode: Mode,
  a: Int8Array,
  w: Int8Array,
  [m, n, k]: readonly [number, number, number],
): () => unknown {
  const gpu = new gpuJs.GPU({ mode: mode as "cpu" });
  const source = `function (a, b) {
    let sum = 0;
    for (let i = 0; i < ${k}; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
    return sum;
  }`;
  const settings = { output: [n, m], precision: "single" as const, loopMaxIterations: k };
  const kernel = gpu.createKernel(source, settings) as unknown as (a: Float32Array[], b: Float32Array[]) => unknown;
  const left = Array.from({ length: m }, (_, row) => Float32Array.from(a.subarray(row * k, (row + 1) * k)));
  const right = Array.from({ length: k }, (_, row) =>
    Float32Array.from({ length: n }, (_, column) => w[column * k + row]!),
  );
  return () => kernel(left, right);
}

/** The loop that anyone would write, on the bytes themselves; no requantisation. */
function plainMatmul(a: Int8Array, w: Int8Array, [m, n, k]: readonly [number, number, number]): () => unknown {
  return () => {
    const out = new Int32Array(m * n);
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let i = 0; i < k; i++) sum += a[row * k + i]! * w[column * k + i]!;
        out[row * n + column] = sum;
      }
    }
    return out;
  };
}

function matmulCase(backends: readonly Backend[], size: readonly [number, number, number]): Case {
  const [m, n, k] = size;
  const [a, w] = [bytes(m * k), bytes(n * k)];
  const contestants: Record<string, () => unknown> = { "plain JavaScript loop": plainMatmul(a, w, size) };
  for (const backend of backends) {
    contestants[`gpu.js own matmul, ${backend.mode}`] = gpuJsMatmul(backend.mode, a, w, size);
    contestants[`orion, ${backend.mode}`] = ours(backend, tensor("i8", [m, k], a), (b, x) =>
      b.matmul(x, b.constant(tensor("i8", [n, k], w)), { dtype: "i8", m: 1, s: 12 }),
    );
  }
  return { name: `matmul ${m}×${n}×${k}`, macs: m * n * k, contestants };
}

/** Images, side, input channels and output channels of a 3×3 convolution with padding 1. */
function convCase(backends: readonly Backend[], [images, side, c, o]: readonly [number, number, number, number]): Case {
  const x = tensor("i8", [images, side, side, c], bytes(images * side * side * c));
  const w = tensor("i8", [o, 3, 3, c], bytes(o * 9 * c));
  const contestants: Record<string, () => unknown> = {};
  for (const backend of backends) {
    contestants[`orion, ${backend.mode}`] = ours(backend, x, (b, value) =>
      b.conv2d(value, b.constant(w), { dtype: "i8", m: 1, s: 11, pad: [1, 1, 1, 1] }),
    );
  }
  return { name: `conv2d ${images}×${side}×${side}×${c} → ${o}`, macs: images * side * side * c * 9 * o, contestants };
}

async function digitsCase(backends: readonly Backend[]): Promise<Case> {
  const { program, constants, inputs, images } = await digitsShard();
  const contestants: Record<string, () => unknown> = {};
  for (const backend of backends) {
    const executor = createExecutor(program, constants, backend);
    contestants[`orion, ${backend.mode}`] = () => executor.outputs(inputs);
  }
  const macs = program.nodes.reduce((sum, node) => {
    const [x, w] = node.operands;
    if (x === undefined || w === undefined || (node.op !== "matmul" && node.op !== "conv2d")) return sum;
    const terms = node.op === "matmul" ? w.dims[3] : w.dims[1] * w.dims[2] * w.dims[3];
    return sum + node.dims.reduce((product, extent) => product * extent, terms);
  }, 0);
  return { name: `digits program, ${images} images`, macs, contestants };
}

/** Rates of exact int8 contractions, requantisation included, beside gpu.js's own float matmul and a plain loop. */
export async function benchKernels(print: (line: string) => void = console.log): Promise<void> {
  const backends = await Promise.all((["webasm", "cpu"] as const).map((mode) => createBackend({ mode })));
  const cases = [
    matmulCase(backends, [256, 256, 256]),
    matmulCase(backends, [64, 64, 384]),
    convCase(backends, [64, 14, 8, 16]),
    convCase(backends, [4, 28, 32, 32]),
    await digitsCase(backends),
  ];
  const results = [];
  for (const { name, macs, contestants } of cases) {
    const timings = await compare(contestants);
    print(name);
    const rates = Object.entries<Timing>(timings).map(([contestant, time]) => {
      const gmacs = Number((macs / time.median / 1e6).toFixed(3));
      print(`  ${contestant.padEnd(28)} ${time.median.toFixed(3).padStart(9)} ms  ${gmacs.toFixed(2)} GMAC/s`);
      return { contestant, gigaMacsPerSecond: gmacs, milliseconds: time };
    });
    results.push({ case: name, macs, rates });
  }
  await Promise.all(backends.map((backend) => backend.dispose()));
  print(await writeResult("kernels", { results }));
}

if (import.meta.main) await benchKernels();
