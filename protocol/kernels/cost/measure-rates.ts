import { ProgramBuilder, type Value } from "../../tensor/builder.ts";
import type { DType, Tensor } from "../../tensor/types.ts";
import type { Backend } from "../backend.ts";
import { createExecutor } from "../executor.ts";
import { createRandom, randomTensor } from "../selftest/programs.ts";
import { estimateSeconds, WORK_CLASSES, type Rates, type WorkClass } from "./work-classes.ts";
import { workloadOf } from "./workload.ts";

/** How long one kind of work is measured, ms. */
const MEASURE = 6;

/** A program whose time one kind of work makes up, but for kinds that were measured before it. */
interface Sample {
  readonly name: WorkClass;
  readonly input: readonly [dtype: DType, shape: readonly number[]];
  readonly write: (b: ProgramBuilder, x: Value, random: () => number) => Value;
}

const exact = { dtype: "i32", m: 1, s: 0 } as const;
const SMALL: readonly [DType, readonly number[]] = ["i32", [16_384]];

/** The cheapest kinds first: each is measured with what stands before it taken off. */
const SAMPLES: readonly Sample[] = [
  { name: "nodes", input: ["i8", [1]], write: (b, x) => repeated(x, 64, (y) => b.clamp(y, -9, 9)) },
  { name: "elements", input: SMALL, write: (b, x) => b.clamp(x, -9, 9) },
  { name: "moved", input: ["i32", [128, 128]], write: (b, x) => b.transpose(x, [1, 0]) },
  { name: "rescaled", input: SMALL, write: (b, x) => b.requantize(x, { dtype: "i8", m: 1_518_500_249, s: 54 }) },
  { name: "quotients", input: SMALL, write: (b, x) => b.div(x, b.clamp(x, 3, 999), "i32") },
  {
    name: "wideElements",
    input: ["i32", [2_048]],
    write: (b, x) => b.mul(x, x, { dtype: "i32", m: 2 ** 31 - 1, s: 62 }),
  },
  { name: "reduced", input: ["i32", [64, 512]], write: (b, x) => b.argmax(x) },
  { name: "windows", input: ["i8", [1, 64, 64, 1]], write: (b, x) => b.maxPool(x, { kernel: [1, 1] }) },
  { name: "taps", input: ["i8", [1, 32, 32, 1]], write: (b, x) => b.maxPool(x, { kernel: [8, 8], stride: [1, 1] }) },
  { name: "pooled", input: ["i32", [1, 9, 9, 512]], write: (b, x) => b.avgPool(x, { kernel: [3, 3], stride: [1, 1] }) },
  {
    name: "macs",
    input: ["i8", [1, 24, 24, 16]],
    write: (b, x, random) => {
      const w = b.constant(randomTensor("i8", [16, 3, 3, 1], random));
      return b.conv2d(x, w, { ...exact, groups: 16 });
    },
  },
  {
    name: "wideMacs",
    input: ["i32", [8, 128]],
    write: (b, x, random) => b.matmul(x, b.constant(randomTensor("i16", [8, 128], random)), exact),
  },
  {
    name: "dispatches",
    input: ["i8", [1, 1]],
    write: (b, x, random) => {
      const w = b.constant(randomTensor("i8", [1, 1], random));
      return repeated(x, 8, (y) => b.matmul(y, w, { dtype: "i8", m: 1, s: 0 }));
    },
  },
  {
    name: "thinMacs",
    input: ["i8", [256, 256]],
    write: (b, x, random) => b.matmul(x, b.constant(randomTensor("i8", [4, 256], random)), exact),
  },
];

function repeated(x: Value, times: number, step: (value: Value) => Value): Value {
  let value = x;
  for (let i = 0; i < times; i++) value = step(value);
  return value;
}

/** Measures every kind of work on a backend whose rate on large contractions is known. */
export async function measureRates(backend: Backend): Promise<Rates> {
  const random = createRandom(7);
  const rates = Object.fromEntries(WORK_CLASSES.map((name) => [name, Infinity])) as Record<WorkClass, number>;
  rates.deviceMacs = backend.macsPerSecond;
  for (const { name, input, write } of SAMPLES) {
    const b = new ProgramBuilder();
    const x = randomTensor(input[0], input[1], random);
    const built = b.build(write(b, b.shardInput(...input), random));
    const work = workloadOf(built.program, backend.mode);
    const seconds = await bestSeconds(backend, built, x);
    // At least a tenth: what was taken off is measured too, and no kind of work is free.
    const own = Math.max(seconds - estimateSeconds({ ...work, [name]: 0 }, rates), seconds / 10);
    rates[name] = work[name] / own;
  }
  return rates;
}

async function bestSeconds(
  backend: Backend,
  { program, constants }: ReturnType<ProgramBuilder["build"]>,
  x: Tensor,
): Promise<number> {
  const executor = createExecutor(program, constants, backend);
  const inputs = { shared: [], shard: [x] };
  const end = performance.now() + MEASURE;
  let best = Infinity;
  for (let runs = 0; runs < 5 || performance.now() < end; runs++) {
    const start = performance.now();
    await executor.outputs(inputs);
    best = Math.min(best, performance.now() - start);
  }
  executor.dispose();
  return best / 1000;
}
