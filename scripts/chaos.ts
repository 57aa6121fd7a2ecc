import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { silentLogger } from "@orion/protocol/common";
import { createBackend, type Backend } from "@orion/protocol/kernels";

import { insideArena, processArena } from "../test/support/chaos/arenas.ts";
import { runRoughEndpoint } from "../test/support/chaos/rough-endpoint.ts";
import { runSeed, type SeedOutcome } from "../test/support/chaos/run-seed.ts";
import { startSite, type Site } from "../test/support/chaos/site.ts";
import { measurePatience, PATIENCE } from "./testing/patience.ts";
import { ensureCompiled } from "./compile.ts";
import { root } from "./support/root.ts";

const HELP = `npm run chaos -- [--from SEED] [--count N] [--inside] [--side-by-side N] [--record FILE] [--again]
npm run chaos -- --endpoint [--from SEED]

Runs whole small networks, each with faults that follow from its seed: endpoints that drop, delay, limit, cut and
mix up, services that are killed, held up, and deceived about their clock and their disk. When the faults end, all jobs
must settle with the right result, nobody may be paid twice, and no honest worker may have lost a lock.

  --from SEED        first seed (default: 1)
  --count N          seeds to run (default: 20)
  --inside           services in this process instead of processes of their own: faster, and no trouble with disks
  --side-by-side N   networks at the same time (default: 1)
  --record FILE      one line is appended a seed (default: cache/chaos.jsonl); seeds in it are not run again
  --again            run seeds that are recorded, too
  --endpoint         instead: two hours of chain time, in ten minutes, of services on an endpoint that gives the logs
                     of 500 blocks at most, answers a tenth with 429, lags by 12 blocks on one of two nodes and stands
                     still for three minutes`;

interface Flags {
  readonly from: number;
  readonly count: number;
  readonly inside: boolean;
  readonly networks: number;
  readonly record: string;
  readonly again: boolean;
  readonly endpoint: boolean;
}

function flagsOf(): Flags {
  const { values } = parseArgs({
    options: {
      from: { type: "string", default: "1" },
      count: { type: "string", default: "20" },
      inside: { type: "boolean", default: false },
      "side-by-side": { type: "string", default: "1" },
      record: { type: "string", default: path.join(root, "cache", "chaos.jsonl") },
      again: { type: "boolean", default: false },
      endpoint: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  return {
    from: wholeNumber("--from", values.from, 0),
    count: wholeNumber("--count", values.count, 1),
    inside: values.inside,
    networks: wholeNumber("--side-by-side", values["side-by-side"], 1),
    record: values.record,
    again: values.again,
    endpoint: values.endpoint,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number >= least) return number;
  console.error(`${name} takes a whole number of at least ${String(least)}, not ${text}`);
  process.exit(2);
}

/** Seeds that the file holds for this kind of run. */
function recorded({ record, inside }: Flags): Set<number> {
  if (!existsSync(record)) return new Set();
  const lines = readFileSync(record, "utf8").split("\n").filter(Boolean);
  const entries = lines.map((line) => JSON.parse(line) as { seed: number; inside: boolean });
  return new Set(entries.filter((entry) => entry.inside === inside).map(({ seed }) => seed));
}

function tell(flags: Flags, outcome: SeedOutcome): void {
  const { seed, faults, seconds, lives, dir } = outcome;
  mkdirSync(path.dirname(flags.record), { recursive: true });
  const line = {
    seed,
    inside: flags.inside,
    ok: faults.length === 0,
    seconds: Number(seconds.toFixed(1)),
    lives,
    faults,
  };
  appendFileSync(flags.record, `${JSON.stringify(dir === undefined ? line : { ...line, dir })}\n`);
  console.log(
    `seed ${String(seed)}: ${faults.length === 0 ? "ok" : "FAILED"}, ${seconds.toFixed(1)} s, ${String(lives)} lives`,
  );
  if (faults.length === 0) return;
  for (const fault of faults) console.log(`  ${fault}`);
  const how = flags.inside ? " --inside" : "";
  console.log(`  logs: ${dir ?? ""}\n  again: npm run chaos -- --from ${String(seed)} --count 1 --again${how}`);
}

async function runSome(site: Site, backend: Backend, flags: Flags, next: () => number | undefined): Promise<number> {
  const arena = flags.inside ? insideArena(site, backend) : processArena(site, backend);
  let failed = 0;
  for (let seed = next(); seed !== undefined; seed = next()) {
    const outcome = await runSeed(arena, seed);
    tell(flags, outcome);
    if (outcome.faults.length > 0) failed++;
  }
  return failed;
}

/** @returns whether everything went well */
async function runEndpoint(seed: number): Promise<boolean> {
  const backend = await createBackend({ mode: "webasm", log: silentLogger });
  const site = await startSite();
  const outcome = await runRoughEndpoint(site, backend, { seed, seconds: 7_200, jobs: 7, pace: 12 });
  await Promise.all([site.stop(), backend.dispose()]);
  const { faults, jobs, seconds, throttled, calls } = outcome;
  console.log(
    `${String(jobs)} jobs in ${String(seconds)} s of chain time, ${String(throttled)} requests refused: ${faults.length === 0 ? "ok" : "FAILED"}`,
  );
  for (const [name, count] of Object.entries(calls)) {
    console.log(`  ${name}: ${((60 * count) / seconds).toFixed(1)} calls a minute`);
  }
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length === 0) return true;
  const dir = mkdtempSync(path.join(tmpdir(), "orion-endpoint-"));
  for (const [name, log] of Object.entries(outcome.logs)) writeFileSync(path.join(dir, `${name}.log`), log);
  console.log(`  logs: ${dir}`);
  return false;
}

const flags = flagsOf();
await ensureCompiled();
process.env[PATIENCE] ??= String(measurePatience());
setPriority(5);
if (flags.endpoint) process.exit((await runEndpoint(flags.from)) ? 0 : 1);
const done = flags.again ? new Set<number>() : recorded(flags);
const seeds = Array.from({ length: flags.count }, (_, i) => flags.from + i).filter((seed) => !done.has(seed));
const backend = await createBackend({ mode: "webasm", log: silentLogger });
const sites = await Promise.all(Array.from({ length: flags.networks }, () => startSite()));
const failures = await Promise.all(sites.map((site) => runSome(site, backend, flags, () => seeds.shift())));
await Promise.all([...sites.map((site) => site.stop()), backend.dispose()]);
const failed = failures.reduce((sum, count) => sum + count, 0);
console.log(`${String(flags.count - done.size)} seeds, ${String(failed)} failed`);
process.exit(failed === 0 ? 0 : 1);
