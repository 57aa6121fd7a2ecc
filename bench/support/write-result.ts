import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../results/", import.meta.url);

/** Writes `bench/results/<name>.json` with the machine that the figures come from and what else it was doing; gives the file's path. */
export async function writeResult(name: string, figures: Readonly<Record<string, unknown>>): Promise<string> {
  const load = Number((loadavg()[0] ?? 0).toFixed(2));
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism(), load, node: process.version };
  const file = new URL(`${name}.json`, FOLDER);
  await mkdir(FOLDER, { recursive: true });
  // What a page quotes comes first.
  const { headline, ...rest } = figures;
  const first = headline === undefined ? {} : { headline };
  await writeFile(file, `${JSON.stringify({ ...first, bench: name, machine, ...rest }, null, 2)}\n`);
  return fileURLToPath(file);
}
