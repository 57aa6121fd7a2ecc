import { createBackend, createExecutor, nativeSha256 } from "@orion/protocol/kernels/node";
import { claimRoot, pureSha256, type Sha256 } from "@orion/protocol/tensor";
import { compare } from "./support/measure.ts";
import { digitsShard } from "./support/digits-shard.ts";
import { writeResult } from "./support/write-result.ts";

/** Most that hashing the claim tree may add to the computation. */
const TARGET = 0.25;

/** What the claim tree adds to the digits program, one shard, on the backend that a worker here would choose. */
export async function benchTracing(print: (line: string) => void = console.log): Promise<boolean> {
  const { program, constants, inputs, images } = await digitsShard();
  const backend = await createBackend();
  const executor = createExecutor(program, constants, backend);
  const outputs = await executor.run(inputs);
  const trace = (sha256: Sha256) => () => claimRoot([executor.trace(outputs, sha256)], sha256);
  const timings = await compare({
    compute: () => executor.run(inputs),
    "trace, native SHA-256": trace(nativeSha256),
    "trace, JavaScript SHA-256": trace(pureSha256),
  });
  executor.dispose();
  await backend.dispose();
  const ratio = timings["trace, native SHA-256"].median / timings.compute.median;
  const ratioPure = timings["trace, JavaScript SHA-256"].median / timings.compute.median;
  const passed = ratio <= TARGET;
  print(`digits, ${images} images, ${backend.name}: compute ${timings.compute.median} ms`);
  print(`  tracing adds ${percent(ratio)} (native SHA-256), ${percent(ratioPure)} (JavaScript SHA-256)`);
  print(`  target at most ${percent(TARGET)}: ${passed ? "met" : "MISSED"}`);
  const file = await writeResult("tracing", {
    backend: backend.name,
    images,
    milliseconds: timings,
    ratio: { native: ratio, javascript: ratioPure },
    target: TARGET,
    passed,
  });
  print(`  ${file}`);
  return passed;
}

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)}%`;

if (import.meta.main) process.exitCode = (await benchTracing()) ? 0 : 1;
