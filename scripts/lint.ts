import { glob } from "node:fs/promises";

import { ensureCompiled } from "./compile.ts";
import { binOf, execute, type Outcome } from "./support/execute.ts";
import { root } from "./support/root.ts";

interface Check {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const isSourceThere = async (pattern: string): Promise<boolean> => {
  for await (const file of glob(pattern, { cwd: root })) return file !== "";
  return false;
};

const CLEAN: Outcome = { code: 0, output: "" };

async function solhint(config: string, pattern: string): Promise<Outcome> {
  if (!(await isSourceThere(pattern))) return CLEAN;
  // --noPoster: solhint otherwise ends its report with advertisements.
  return execute(binOf("solhint"), ["--noPoster", "--disc", "--max-warnings", "0", "--config", config, pattern]);
}

const checks: readonly Check[] = [
  { name: "prettier", run: () => execute(binOf("prettier"), ["--check", "--log-level", "warn", "."]) },
  { name: "eslint", run: () => execute(binOf("eslint"), ["."]) },
  { name: "solhint contracts", run: () => solhint(".solhint.json", "contracts/**/*.sol") },
  { name: "solhint tests", run: () => solhint("test/.solhint.json", "test/**/*.sol") },
];

// Type-aware rules read the generated contract types.
await ensureCompiled();
let failures = 0;
for (const { name, run } of checks) {
  const { code, output } = await run();
  console.log(`${code === 0 ? "✔" : "✘"} ${name}`);
  if (code === 0) continue;
  failures++;
  console.log(output.trimEnd());
}
process.exitCode = failures === 0 ? 0 : 1;
