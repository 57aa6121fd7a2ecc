import { interpret } from "../../tensor/interpret.ts";
import { DTYPES, type Tensor } from "../../tensor/types.ts";
import { DeviceFaultError } from "../errors.ts";
import { createExecutor } from "../executor.ts";
import type { Backend } from "../backend.ts";
import { elementsOf } from "./element-programs.ts";
import { createRandom, contractionCases, measuredConv, type TestCase } from "./programs.ts";

/** How long a rate is measured, ms. */
const MEASURE = 40;

/**
 * Computes every operator on extreme and random operands of every type on the backend and compares every element with the reference.
 * Throws DeviceFaultError naming the first wrong element.
 */
export async function requireExact(backend: Backend): Promise<void> {
  const random = createRandom(20_260_731);
  const tests = [...contractionCases(random), ...DTYPES.map((dtype) => elementsOf(dtype, random))];
  for (const test of tests) {
    const seen = await run(backend, test);
    const wanted = interpret(test.program, { constants: test.constants, shared: [], shard: test.inputs });
    for (const [node, tensor] of wanted.entries()) requireSame(test.name, tensor, seen[node]);
  }
}

function requireSame(name: string, wanted: Tensor, seen: Tensor | undefined): void {
  const at = wanted.data.findIndex((value, i) => value !== seen?.data[i]);
  if (at >= 0) throw new DeviceFaultError(`${name}: element ${at} is ${seen?.data[at]} instead of ${wanted.data[at]}`);
}

async function run(backend: Backend, test: TestCase): Promise<Tensor[]> {
  const executor = createExecutor(test.program, test.constants, backend);
  try {
    return await executor.run({ shared: [], shard: test.inputs });
  } finally {
    executor.dispose();
  }
}

/**
 * Multiply-accumulates per second of a typical convolution, packing and rescaling included. The best of several runs: what
 * else the machine does at that moment says nothing about a mode.
 */
export async function measureRate(backend: Backend): Promise<number> {
  const test = measuredConv(createRandom(1));
  const executor = createExecutor(test.program, test.constants, backend);
  const inputs = { shared: [], shard: test.inputs };
  const end = performance.now() + MEASURE;
  let best = Infinity;
  do {
    const start = performance.now();
    await executor.run(inputs);
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  executor.dispose();
  return Math.round((test.macs * 1000) / best);
}
