import { createBackend, type Backend } from "@orion/protocol/kernels/node";

import { convCase, depthwiseCase, digitsCase, matmulCase, type Case } from "./kernels/cases.ts";
import { compare, cpuClock, type Timing } from "./support/measure.ts";
import { writeResult } from "./support/write-result.ts";

const ROUNDS = 15;
const MINIMUM_MS = 40;

interface Result {
  readonly case: string;
  readonly macs: number;
  readonly rates: readonly {
    readonly contestant: string;
    readonly gigaMacsPerSecond: number;
    readonly milliseconds: Timing;
  }[];
}

async function measure({ name, macs, contestants }: Case, print: (line: string) => void): Promise<Result> {
  const timings = await compare(contestants, ROUNDS, MINIMUM_MS, cpuClock);
  print(name);
  const rates = Object.entries<Timing>(timings).map(([contestant, time]) => {
    const gmacs = Number((macs / time.median / 1e6).toFixed(3));
    print(`  ${contestant.padEnd(28)} ${time.median.toFixed(3).padStart(9)} ms  ${gmacs.toFixed(2)} GMAC/s`);
    return { contestant, gigaMacsPerSecond: gmacs, milliseconds: time };
  });
  return { case: name, macs, rates };
}

/** How many times as fast our WebAssembly kernels are as another contestant, by medians; null where one is missing. */
function ratio(results: readonly Result[], name: string, other: string): number | null {
  const rates = results.find((result) => result.case === name)?.rates ?? [];
  const rateOf = (contestant: string): number | undefined =>
    rates.find((rate) => rate.contestant === contestant)?.gigaMacsPerSecond;
  const [ours, theirs] = [rateOf("orion, wasm"), rateOf(other)];
  return ours === undefined || theirs === undefined ? null : Number((ours / theirs).toFixed(2));
}

/** Rates of exact int8 contractions, requantisation included, by CPU time of one thread, beside other engines on the same shapes. */
export async function benchKernels(print: (line: string) => void = console.log): Promise<void> {
  const backends: Backend[] = [];
  for (const mode of ["wasm", "webasm"] as const) backends.push(await createBackend({ mode }));
  const cases = [
    await matmulCase(backends, 256),
    await matmulCase(backends, 1024),
    convCase(backends, [64, 14, 8, 16]),
    convCase(backends, [4, 28, 32, 32]),
    convCase(backends, [1, 56, 64, 64]),
    depthwiseCase(backends, [1, 56, 64]),
    await digitsCase(backends),
  ];
  const results: Result[] = [];
  for (const one of cases) results.push(await measure(one, print));
  const digits = cases.at(-1)?.name ?? "";
  const headline = {
    matmulVsGpujs: ratio(results, "matmul 1024×1024×1024", "orion, webasm"),
    matmulVsOrtWeb: ratio(results, "matmul 1024×1024×1024", "ONNX Runtime web"),
    // Not measured: the kernels use one thread.
    twoThreads: null,
    digitsVsToday: ratio(results, digits, "orion, webasm"),
    digitsVsOrtWeb: ratio(results, digits, "ONNX Runtime web"),
    digitsVsOrtNode: ratio(results, digits, "ONNX Runtime node"),
    // Not measured: no such model is compiled yet.
    ocrVsOrtWeb: null,
  };
  print(JSON.stringify(headline));
  await Promise.all(backends.map((backend) => backend.dispose()));
  print(await writeResult("kernels", { headline, clock: "CPU time of the process, all of its threads", results }));
}

if (import.meta.main) {
  await benchKernels();
  // ONNX Runtime keeps threads that would hold the process.
  process.exit(0);
}
