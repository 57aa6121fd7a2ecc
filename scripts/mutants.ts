import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { ensureCompiled } from "./compile.ts";
import { mutated, type Mutant } from "./mutants/mutant.ts";
import { MUTANTS } from "./mutants/list.ts";
import { copyRepository } from "./support/copy-repository.ts";
import { binOf, execute } from "./support/execute.ts";
import { root } from "./support/root.ts";
import { measurePatience, PATIENCE } from "./testing/patience.ts";

const HELP = `npm run mutants -- [FILTER …] [--again]

Puts one fault at a time into a copy of the code and runs the tests that must notice it. With filters, only the mutants whose name or file contains
one. Results are kept in cache/mutants.json and used again while neither code nor tests have changed; --again forgets them.
The last line is the score; the exit code is 1 where a fault went unnoticed.`;

const STATE = path.join(root, "cache/mutants.json");
const TIMEOUT_SECONDS = 180;
const KERNEL_SOURCES = "protocol/kernels/wasm/assembly/";

type Verdict = "killed" | "timed out" | "SURVIVED";
type Results = Record<string, Verdict | "passes">;

/** What a result depends on: the mutant, the mutated file and its tests. Other code may change it too; --again looks anew. */
async function keyOf({ file, from, to, tests, grep }: Mutant, change: boolean): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([change ? [file, from, to] : [], tests, grep]));
  for (const name of [...(change ? [file] : []), ...tests]) hash.update(await readFile(path.join(root, name)));
  return hash.digest("hex");
}

async function runTests(
  copy: string,
  { tests, grep }: Mutant,
  patience: number,
): Promise<{ code: number; output: string }> {
  const only = grep === undefined ? [] : ["--grep", grep];
  const required = ["--require", path.join(copy, "scripts/testing/patient-mocha.ts")];
  const args = ["--no-config", "--exit", "--bail", "--timeout", "60000", ...required, ...only, ...tests];
  const env = { FUZZ_RUNS: "1", HARDHAT_NETWORK: "default", [PATIENCE]: String(patience) };
  return execute(binOf("mocha"), args, { cwd: copy, env, timeoutSeconds: TIMEOUT_SECONDS * patience });
}

/** 128 + 15: it was stopped because its time was over. */
const STOPPED = 143;

async function judge(copy: string, mutant: Mutant, patience: number): Promise<Verdict> {
  const place = path.join(copy, mutant.file);
  const text = await readFile(place, "utf8");
  await writeFile(place, mutated(mutant, text));
  try {
    await compileKernels(copy, mutant);
    const { code } = await runTests(copy, mutant, patience);
    return code === 0 ? "SURVIVED" : code === STOPPED ? "timed out" : "killed";
  } finally {
    await writeFile(place, text);
    await compileKernels(copy, mutant);
  }
}

/** The WebAssembly kernels do not run as they are written. */
async function compileKernels(copy: string, { name, file }: Mutant): Promise<void> {
  if (!file.startsWith(KERNEL_SOURCES)) return;
  const { code, output } = await execute(path.join(copy, "scripts/compile.ts"), [], { cwd: copy });
  if (code !== 0) throw new Error(`the mutant "${name}" does not compile:\n${output.slice(-4_000)}`);
}

/** A test that fails anyway, or that is not there, would kill everything. */
async function requirePassing(copy: string, mutant: Mutant, patience: number): Promise<void> {
  const { code, output } = await runTests(copy, mutant, patience);
  if (code === 0 && /[1-9]\d* passing/.test(output)) return;
  throw new Error(`the tests of "${mutant.name}" do not pass without it:\n${output.slice(-4_000)}`);
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { again: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return true;
  }
  for (const mutant of MUTANTS) mutated(mutant, await readFile(path.join(root, mutant.file), "utf8"));
  const chosen = MUTANTS.filter(
    ({ name, file }) =>
      positionals.length === 0 || positionals.some((text) => name.includes(text) || file.includes(text)),
  );
  await ensureCompiled();
  await mkdir(path.dirname(STATE), { recursive: true });
  const results: Results = values.again ? {} : await readResults();
  const keep = async (key: string, verdict: Results[string]): Promise<void> => {
    results[key] = verdict;
    await writeFile(STATE, JSON.stringify(results, undefined, 2));
  };
  const patience = measurePatience();
  const copy = await copyRepository();
  const verdicts: Verdict[] = [];
  try {
    for (const [i, mutant] of chosen.entries()) {
      const [key, baseline] = [await keyOf(mutant, true), await keyOf(mutant, false)];
      let verdict = results[key];
      if (verdict === undefined || verdict === "passes") {
        if (results[baseline] !== "passes") await requirePassing(copy, mutant, patience);
        await keep(baseline, "passes");
        verdict = await judge(copy, mutant, patience);
        await keep(key, verdict);
      }
      verdicts.push(verdict);
      console.log(`${String(i + 1)}/${String(chosen.length)} ${verdict.padEnd(9)} ${mutant.file}: ${mutant.name}`);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  const survived = verdicts.filter((verdict) => verdict === "SURVIVED").length;
  console.log(`${String(verdicts.length - survived)} of ${String(verdicts.length)} mutants killed`);
  return survived === 0;
}

async function readResults(): Promise<Results> {
  const text = await readFile(STATE, "utf8").catch(() => "{}");
  try {
    return JSON.parse(text) as Results;
  } catch {
    // Cut off by an interruption: everything is run again.
    return {};
  }
}

if (!(await main())) process.exitCode = 1;
