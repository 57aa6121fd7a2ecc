import { readFile, writeFile } from "node:fs/promises";

import { CASES, WORST } from "./vm/cases.ts";
import { largestValid } from "./vm/largest-valid.ts";
import { createMeter, type Measurement } from "./vm/measure.ts";

const FILE = new URL("../snapshots/vm-gas.json", import.meta.url);

export interface GasSnapshot {
  /** One transaction that disproves one element, by case. */
  readonly steps: Readonly<Record<string, Measurement>>;
  /** The largest steps that the validator lets through; `size` is the case's own measure. */
  readonly worst: Readonly<Record<string, Measurement & { readonly size: number }>>;
}

/** Measures every case anew. */
export async function measureVmGas(onCase: (name: string) => void = () => {}): Promise<GasSnapshot> {
  const meter = await createMeter();
  const steps: Record<string, Measurement> = {};
  for (const { name, build, element } of CASES) {
    onCase(name);
    steps[name] = await meter.measure(build, element === undefined ? {} : { element });
  }
  const worst: Record<string, Measurement & { size: number }> = {};
  for (const { name, build, max, fill } of WORST) {
    onCase(name);
    const size = largestValid(build, max);
    worst[name] = { size, ...(await meter.measure(build(size), fill === undefined ? {} : { fill })) };
  }
  return { steps, worst };
}

/** The committed figures. */
export async function readVmGas(): Promise<GasSnapshot> {
  return JSON.parse(await readFile(FILE, "utf8")) as GasSnapshot;
}

/** Measures, prints the table and writes the snapshot. */
export async function benchVmGas(print: (line: string) => void = console.log): Promise<boolean> {
  const snapshot = await measureVmGas();
  const limits = new Map(CASES.map(({ name, limit }) => [name, limit]));
  let passed = true;
  for (const [name, { gas, execution, chunks, hashes }] of Object.entries(snapshot.steps)) {
    const limit = limits.get(name);
    const missed = limit !== undefined && gas > limit;
    const target = limit === undefined ? "" : `  target ${limit}: ${missed ? "MISSED" : "met"}`;
    print(
      `${name.padEnd(34)} ${gas} gas (${execution} without the floor), ${chunks} chunks, ${hashes} hashes${target}`,
    );
    if (missed) passed = false;
  }
  for (const [name, { size, gas, bound }] of Object.entries(snapshot.worst)) {
    print(`worst ${name.padEnd(28)} ${gas} gas at size ${size}; the validator allowed ${bound}`);
    if (gas > bound) passed = false;
  }
  await writeFile(FILE, `${JSON.stringify(snapshot, null, 2)}\n`);
  return passed;
}
