import { createBackend, createExecutor, createPause, hashTensor, nativeSha256 } from "@orion/protocol/kernels/node";
import { pureSha256, toBytes, type Sha256 } from "@orion/protocol/tensor";
import { compare } from "./support/measure.ts";
import { digitsShard } from "./support/digits-shard.ts";
import { writeResult } from "./support/write-result.ts";

/** Most that hashing may add to the computation where nobody disputes anything: only outputs are hashed then. */
const TARGET = 0.01;

/** What hashing adds to the digits program, one shard, on the backend that a worker here would choose: with outputs only, and with a trace. */
export async function benchTracing(print: (line: string) => void = console.log): Promise<boolean> {
  const { program, constants, inputs, images } = await digitsShard();
  const backend = await createBackend();
  const executor = createExecutor(program, constants, backend);
  const outputs = await executor.outputs(inputs);
  const pause = createPause();
  const hashing = (sha256: Sha256) => async () => {
    for (const tensor of outputs) await hashTensor(toBytes(tensor), sha256, pause);
  };
  const trace = (sha256: Sha256) => () => executor.trace(inputs, { sha256 });
  const timings = await compare({
    outputs: () => executor.outputs(inputs),
    "hashing of outputs, native SHA-256": hashing(nativeSha256),
    "hashing of outputs, JavaScript SHA-256": hashing(pureSha256),
    "outputs with a trace, native SHA-256": trace(nativeSha256),
    "outputs with a trace, JavaScript SHA-256": trace(pureSha256),
  });
  executor.dispose();
  await backend.dispose();
  const share = (name: keyof typeof timings): number => timings[name].median / timings.outputs.median;
  const ratio = {
    native: share("hashing of outputs, native SHA-256"),
    javascript: share("hashing of outputs, JavaScript SHA-256"),
  };
  const traced = {
    native: share("outputs with a trace, native SHA-256") - 1,
    javascript: share("outputs with a trace, JavaScript SHA-256") - 1,
  };
  const passed = ratio.native <= TARGET;
  print(`digits, ${images} images, ${backend.name}: outputs ${timings.outputs.median} ms`);
  print(
    `  hashing them adds ${percent(ratio.native)} (native SHA-256), ${percent(ratio.javascript)} (JavaScript SHA-256)`,
  );
  print(`  target at most ${percent(TARGET)} with native SHA-256: ${passed ? "met" : "MISSED"}`);
  print(`  a trace, made on demand, adds ${percent(traced.native)} and ${percent(traced.javascript)}`);
  const figures = { milliseconds: timings, ratio, traced, target: TARGET, passed };
  const file = await writeResult("tracing", { backend: backend.name, images, ...figures });
  print(`  ${file}`);
  return passed;
}

const percent = (ratio: number): string => `${(100 * ratio).toFixed(3)}%`;

if (import.meta.main) process.exitCode = (await benchTracing()) ? 0 : 1;
