import { setPriority } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import type { Arena } from "./attacks/arena.ts";
import { Records } from "./attacks/records.ts";
import { ensureCompiled } from "./compile.ts";
import { root } from "./support/root.ts";
import { measurePatience, PATIENCE } from "./testing/patience.ts";

const HELP = `npm run attacks -- schedules|flood|network [--from SEED] [--count N] [--record FILE] [--again]

Plays attacks that follow from a seed against honest parties, which must lose nothing.

  schedules   random demands on two claims of a worker that needs all the time it may take, on the judge alone
  flood       thousands of demands on the claims of a real worker (--demands N --claims N, default: 10000 on 20)
  network     the strongest known attacks at random against the default worker and validator

  --from SEED     first seed (default: 1)
  --seed SEED     this seed alone
  --count N       seeds to run (default: 20; of floods one)
  --record FILE   one line is appended a seed (default: cache/attacks.jsonl); seeds in it are not run again
  --again         run seeds that are recorded, too`;

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`${name} takes a whole number, not ${text}`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    count: { type: "string" },
    demands: { type: "string", default: "10000" },
    claims: { type: "string", default: "20" },
    record: { type: "string", default: path.join(root, "cache", "attacks.jsonl") },
    again: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [kind = ""] = positionals;
if (values.help || !["schedules", "flood", "network"].includes(kind)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const number = (name: "from" | "demands" | "claims"): number => wholeNumber(`--${name}`, values[name]);

async function openArena(): Promise<Arena> {
  switch (kind) {
    case "schedules":
      return (await import("./attacks/schedules.ts")).openSchedules();
    case "flood":
      return (await import("./attacks/flood.ts")).openFlood(number("demands"), number("claims"));
    default:
      return (await import("./attacks/network.ts")).openNetwork();
  }
}

await ensureCompiled();
process.env.HARDHAT_NETWORK ??= "default";
process.env[PATIENCE] ??= String(measurePatience());
setPriority(5);
const usual = kind === "flood" || values.seed !== undefined ? "1" : "20";
const count = wholeNumber("--count", values.count ?? usual);
const name = kind === "flood" ? `flood ${values.demands}/${values.claims}` : kind;
const records = new Records(values.record, name);
const first = values.seed === undefined ? number("from") : wholeNumber("--seed", values.seed);
const seeds = Array.from({ length: count }, (_, i) => first + i).filter((seed) => values.again || !records.has(seed));
const arena = await openArena();
let failed = 0;
for (const seed of seeds) {
  const start = performance.now();
  let line: Record<string, unknown>;
  try {
    line = { ok: true, ...(await arena.attack(seed)) };
  } catch (error) {
    failed++;
    line = { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const seconds = Number(((performance.now() - start) / 1_000).toFixed(1));
  records.add(seed, { ...line, seconds });
  console.log(`seed ${String(seed)}: ${JSON.stringify({ ...line, seconds })}`);
}
await arena.close();
console.log(`${String(seeds.length)} seeds, ${String(failed)} failed`);
process.exit(failed === 0 ? 0 : 1);
