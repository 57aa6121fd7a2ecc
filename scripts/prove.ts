import { glob } from "node:fs/promises";
import path from "node:path";

import { execute } from "./support/execute.ts";
import { isMain } from "./support/is-main.ts";
import { root } from "./support/root.ts";
import { prove } from "./testing/properties.ts";

/** A minute each on a free machine. */
const LIMIT_SECONDS = 900;
const MARKS = { proved: "✔", unproved: "?", violated: "✘" } as const;

/**
 * Has the compiler's model checker prove every property in test/formal, each file in a process that can be stopped.
 * @returns how many properties were proved and how many were not
 */
export async function proveAll(patience: number = 1): Promise<{ passed: number; failed: number }> {
  const total = { passed: 0, failed: 0 };
  const files: string[] = [];
  for await (const file of glob("test/formal/*.sol", { cwd: root })) files.push(file.replaceAll("\\", "/"));
  if (files.length === 0) throw new Error("there is no property to prove under test/formal");
  for (const file of files.sort()) {
    console.log(`\n  ${file}`);
    const script = path.join(root, "scripts/prove.ts");
    const { code, output } = await execute(script, [file], { echo: true, timeoutSeconds: LIMIT_SECONDS * patience });
    const proved = output.split("\n").filter((line) => line.includes(`${MARKS.proved} `)).length;
    const other = output.split("\n").filter((line) => /^\s+[?✘] /.test(line)).length;
    total.passed += proved;
    total.failed += other;
    if (code === 0) continue;
    if (other === 0) total.failed++; // stopped, or not even compiled
    console.log(`    ended with exit code ${String(code)}`);
  }
  return total;
}

async function proveFile(file: string): Promise<void> {
  for (const { property, verdict } of await prove(file)) {
    console.log(
      `    ${MARKS[verdict]} ${property.text}${verdict === "proved" ? "" : ` (${verdict}, line ${String(property.line)})`}`,
    );
    if (verdict !== "proved") process.exitCode = 1;
  }
}

if (isMain(import.meta.url)) {
  const [file] = process.argv.slice(2);
  if (file !== undefined) await proveFile(file);
  else {
    const { passed, failed } = await proveAll();
    console.log(`\n${String(passed)} proved, ${String(failed)} not proved`);
    process.exitCode = failed > 0 ? 1 : 0;
  }
}
