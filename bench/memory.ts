import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { randomBytes } from "ethers";

import { toHex } from "@orion/protocol/common";

import { isMain } from "../scripts/support/is-main.ts";
import { anvilPath, ROOT, startAnvil, stopper } from "../test/support/network/chain-process.ts";
import { marketCalls } from "../test/support/network/market-calls.ts";
import {
  accountAt,
  ACCOUNTS,
  ORION,
  startTestNetwork,
  type TestNetwork,
} from "../test/support/network/test-network.ts";
import { postTinyJob } from "../test/support/network/tiny-job.ts";
import { mine, writePast } from "./history/write-past.ts";
import { writeResult } from "./support/write-result.ts";

const JOBS = Number(process.env.MEMORY_JOBS ?? 10_000);
const STEPS = 10;
/** More than the day that a finished job stays in memory. */
const BLOCKS_BETWEEN = 1_600;
/** A service tidies its memory once a minute at most. */
const SETTLE_MS = 70_000;
/** Heap that each service may take. */
const HEAP_MEGABYTES = 256;
/** Compilers and caches fill during the first steps. */
const WARM_STEPS = 3;
/** Megabytes that a process may grow by from there on: jobs that stayed would take some 100 kB each. */
const TARGET_MEGABYTES = 30;

const SERVICES: readonly (readonly [name: string, account: number, args: readonly string[]])[] = [
  ["orchestrator", ACCOUNTS.orchestrator, ["keeper", "start", "orchestrator"]],
  ["aggregator", ACCOUNTS.aggregator, ["keeper", "start", "aggregator"]],
  ["upkeep", ACCOUNTS.upkeep, ["keeper", "start", "upkeep"]],
  ["worker", ACCOUNTS.workers, ["worker", "start", "--min-price", "1000"]],
  ["validator", ACCOUNTS.stranger, ["validator", "start"]],
];

/**
 * Resident memory of every service, as its command starts it, while 10,000 jobs (MEMORY_JOBS says another number) begin and end on the chain over ten days and more. False where one
 * grows with their number.
 */
export async function benchMemory(print: (line: string) => void = console.log): Promise<boolean> {
  const anvil = anvilPath();
  if (anvil === undefined) {
    print("left out: anvil has no build for this machine");
    return true;
  }
  const running = await startTestNetwork({ startChain: () => startAnvil(anvil, ["--prune-history", "100"]) });
  const children: ChildProcess[] = [];
  try {
    await running.stake(ACCOUNTS.workers, 1_000n * ORION);
    const open = await postTinyJob(running, { shards: 1 });
    await marketCalls(running, ACCOUNTS.orchestrator).publishManifest(open.terms, toHex(randomBytes(32)));
    for (const [name, account, args] of SERVICES) children.push(await startCommand(running, name, account, args));
    // What a service has seen stays until it has seen 64 heads more.
    await running.chainProcess.rpc("evm_setIntervalMining", [1]);
    const samples: number[][] = [];
    for (let step = 0; step < STEPS; step++) {
      const size = Math.floor(JOBS / STEPS);
      await writePast(running, open, size, () => undefined, step * size);
      await mine(running, BLOCKS_BETWEEN);
      await delay(SETTLE_MS);
      samples.push(await Promise.all(children.map(residentMegabytes)));
      print(
        `  ${(step + 1) * size} jobs: ${samples
          .at(-1)
          ?.map((mb, i) => `${nameOf(i)} ${mb}`)
          .join(", ")} MB`,
      );
    }
    const growth = SERVICES.map(([name], i) => ({
      name,
      megabytes: (samples.at(-1)?.[i] ?? Infinity) - (samples[WARM_STEPS - 1]?.[i] ?? 0),
    }));
    const passed = growth.every(({ megabytes }) => megabytes <= TARGET_MEGABYTES);
    print(
      `  growth ${growth.map(({ name, megabytes }) => `${name} ${megabytes}`).join(", ")} MB: ${passed ? "met" : "MISSED"}`,
    );
    const figures = { jobs: JOBS, services: SERVICES.map(([name]) => name), megabytes: samples, growth };
    print(`  ${await writeResult("memory", { ...figures, target: TARGET_MEGABYTES, passed })}`);
    return passed;
  } finally {
    await Promise.all(children.map((child) => stopper(child)()));
    await running.stop();
  }
}

function nameOf(index: number): string {
  return SERVICES[index]?.[0] ?? "";
}

async function startCommand(
  running: TestNetwork,
  name: string,
  account: number,
  args: readonly string[],
): Promise<ChildProcess> {
  const home = path.join(running.dir, `home-${name}`);
  await mkdir(home, { recursive: true });
  const networkFile = path.join(home, "network.json");
  await writeFile(networkFile, JSON.stringify(running.network));
  return spawn(process.execPath, [path.join(ROOT, "cli/bin/orion.mjs"), ...args, "--network", networkFile], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      ORION_HOME: home,
      ORION_PRIVATE_KEY: accountAt(account).privateKey,
      // Where there is room for more, nothing is collected for minutes, and everything seems to grow.
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}`,
    },
    // They have much to say of jobs without content.
    stdio: "ignore",
  });
}

/** @throws Error where the process has ended */
async function residentMegabytes({ pid, exitCode }: ChildProcess): Promise<number> {
  if (exitCode !== null) throw new Error(`a service ended with ${exitCode}`);
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024);
}

if (isMain(import.meta.url)) process.exitCode = (await benchMemory()) ? 0 : 1;
