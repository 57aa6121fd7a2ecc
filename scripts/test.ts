import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { OrionError } from "@orion/protocol/common";

import { ensureCompiled } from "./compile.ts";
import { proveAll } from "./prove.ts";
import { binOf, execute } from "./support/execute.ts";
import { root } from "./support/root.ts";
import { findGroups, type Group } from "./testing/groups.ts";
import { measurePatience, PATIENCE, patienceOf } from "./testing/patience.ts";
import { add, describeTally, NOTHING, takeTally, TALLY_FILE, type Tally } from "./testing/tally.ts";

const NIGHTLY_FACTOR = 20;

const HELP = `npm test -- [FILTER …] [--nightly]

Runs every test, or those whose path contains one of the filters:
  npm test -- unit/storage       the storage package's unit tests
  npm test -- .t.sol             the Solidity tests
  npm test -- --nightly          every property with ${NIGHTLY_FACTOR} times the runs (or FUZZ_RUNS=n times),
                                 and the proofs of \`npm run prove\`
The last line counts: N passed, N failed.`;

function command({ runner, files, jobs, testTimeoutSeconds }: Group): [program: string, args: string[]] {
  if (runner === "solidity") return [path.join(root, "scripts/testing/solidity-suite.ts"), [...files]];
  const parallel = jobs > 1 && files.length > 1 ? ["--parallel", "--jobs", String(jobs)] : [];
  const reporter = path.join(root, "scripts/testing/mocha-reporter.ts");
  const patient = path.join(root, "scripts/testing/patient-mocha.ts");
  const timeout = String(testTimeoutSeconds * 1000);
  return [
    binOf("mocha"),
    [
      "--no-config",
      "--forbid-only",
      "--timeout",
      timeout,
      "--require",
      patient,
      "--reporter",
      reporter,
      ...parallel,
      ...files,
    ],
  ];
}

async function run(group: Group, env: Record<string, string>): Promise<Tally> {
  const tallyFile = path.join(root, "cache", `tally-${process.pid}-${group.name}.json`);
  await rm(tallyFile, { force: true });
  console.log(`\n── ${group.name}: ${group.files.length} file${group.files.length === 1 ? "" : "s"}`);
  const [program, args] = command(group);
  const { code } = await execute(program, args, {
    env: { ...env, [TALLY_FILE]: tallyFile },
    echo: true,
    timeoutSeconds: group.groupTimeoutSeconds,
  });
  const tally = await takeTally(tallyFile, code);
  if (code !== 0) console.log(`${group.name}: the runner ended with exit code ${code}`);
  return { ...tally, failures: tally.failures.map((line) => `${group.name}: ${line}`) };
}

async function main(): Promise<Tally> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { nightly: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  await ensureCompiled();
  await mkdir(path.join(root, "cache"), { recursive: true });
  const factor = process.env.FUZZ_RUNS ?? (values.nightly ? String(NIGHTLY_FACTOR) : "1");
  const patience = process.env[PATIENCE] === undefined ? measurePatience() : patienceOf(process.env);
  if (patience > 1) console.log(`the machine is slow or busy: time limits are ${patience} times as long`);
  const env = { FUZZ_RUNS: factor, HARDHAT_NETWORK: "default", [PATIENCE]: String(patience) };
  let total = NOTHING;
  for (const group of await findGroups(positionals, values.nightly ? NIGHTLY_FACTOR : 1, patience)) {
    total = add(total, await run(group, env));
  }
  if (values.nightly && positionals.length === 0) {
    console.log("\n── properties for the model checker");
    total = add(total, { ...NOTHING, ...(await proveAll(patience)) });
  }
  if (total.passed + total.failed === 0) console.log("no test ran: no file under test/ matches the filter");
  return total;
}

const total = await main().catch((error: unknown): Tally => {
  console.error(error instanceof OrionError ? error.message : error);
  return { ...NOTHING, failed: 1 };
});
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
if (total.failures.length > 0) console.log(["\nfailed:", ...total.failures.map((line) => `  ${line}`)].join("\n"));
console.log(`\n${describeTally(total)}`);
