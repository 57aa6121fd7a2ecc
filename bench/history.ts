import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { randomBytes } from "ethers";

import { toHex } from "@orion/protocol/common";

import { isMain } from "../scripts/support/is-main.ts";
import { anvilPath, startAnvil } from "../test/support/network/chain-process.ts";
import { marketCalls } from "../test/support/network/market-calls.ts";
import {
  ACCOUNTS,
  accountAt,
  ORION,
  startTestNetwork,
  type TestNetwork,
} from "../test/support/network/test-network.ts";
import { postTinyJob } from "../test/support/network/tiny-job.ts";
import { startTroubledRpc, type TroubledRpc } from "../test/support/network/troubled-rpc.ts";
import { measuredRun, type Measured, type RunOptions } from "./history/measured-run.ts";
import { mine, writePast } from "./history/write-past.ts";
import { writeResult } from "./support/write-result.ts";

const JOBS = Number(process.env.HISTORY_JOBS ?? 100_000);
/** Longer than a finished job stays in memory. */
const BLOCKS_AFTER = 1_600;
/** Public endpoints answer some 10,000 logs at a time: here 6,000. */
const LOG_RANGE = 100;
const TARGETS = {
  status: { cpuSeconds: 1, rpcCalls: 15 },
  alone: { rpcCalls: 60 },
  worker: { seconds: 5, peakMegabytes: 300 },
};
/** Said when one job is read without an index and without a checkpoint. */
const HOW_TO = /one job is read without an index .*`orion index start`/;

type Figures = Record<string, Measured>;

/**
 * What `orion job status` and the start of a worker cost on a chain with 100,000 finished jobs (HISTORY_JOBS says another number), with a checkpoint and without. False when a target is
 * missed.
 */
export async function benchHistory(print: (line: string) => void = console.log): Promise<boolean> {
  const anvil = anvilPath();
  if (anvil === undefined) {
    print("left out: anvil has no build for this machine");
    return true;
  }
  const running = await startTestNetwork({ startChain: () => startAnvil(anvil, ["--prune-history", "100"]) });
  const rpc = await startTroubledRpc(running.network.rpcUrl);
  try {
    await running.stake(ACCOUNTS.workers, 1_000n * ORION);
    const open = await postTinyJob(running, { shards: 1 });
    await marketCalls(running, ACCOUNTS.orchestrator).publishManifest(open.terms, toHex(randomBytes(32)));
    const begun = performance.now();
    const retired = await writePast(running, open, JOBS, (done) => {
      if (done % 10_000 === 0) print(`  ${done} finished jobs, ${Math.round((performance.now() - begun) / 1_000)} s`);
    });
    await mine(running, BLOCKS_AFTER);
    const blocks = await running.chain.provider.getBlockNumber();
    print(
      `${JOBS} finished jobs in ${blocks} blocks, written in ${((performance.now() - begun) / 1_000).toFixed(0)} s`,
    );
    const { figures, checkpointBytes, isTold } = await measure(running, rpc, { open: open.jobId, retired });
    for (const [name, figure] of Object.entries(figures)) print(`  ${name}: ${line(figure)}`);
    const passed = isTold && meetsTargets(figures);
    print(`  targets ${passed ? "met" : "MISSED"}`);
    const made = { jobs: JOBS, blocks, checkpointBytes };
    print(`  ${await writeResult("history", { ...made, figures, targets: TARGETS, passed })}`);
    return passed;
  } finally {
    await rpc.stop();
    await running.stop();
  }
}

async function measure(
  running: TestNetwork,
  rpc: TroubledRpc,
  jobs: { readonly open: string; readonly retired: string },
): Promise<{ figures: Figures; checkpointBytes: number; isTold: boolean }> {
  const networkFile = path.join(running.dir, "measured.json");
  await writeFile(networkFile, JSON.stringify({ ...running.network, rpcUrl: rpc.url, logRange: LOG_RANGE }));
  const homeOf = async (name: string): Promise<RunOptions> => {
    const home = path.join(running.dir, name);
    await mkdir(home, { recursive: true });
    return { home, rpc, networkFile };
  };
  const [kept, bare] = [await homeOf("kept"), await homeOf("bare")];
  const nothing = await measuredRun(["job", "status", "--help"], bare);
  const alone = await measuredRun(["job", "status", jobs.retired], bare);
  const listing = await measuredRun(["job", "status"], kept);
  const folder = path.join(kept.home, "checkpoints");
  const [file = ""] = await readdir(folder);
  const { size } = await stat(path.join(folder, file));
  const ofRetired = await measuredRun(["job", "status", jobs.retired], kept);
  const ofOpen = await measuredRun(["job", "status", jobs.open], kept);
  const env = { ORION_PRIVATE_KEY: accountAt(ACCOUNTS.workers).privateKey };
  // The open job pays too little, which the worker says once it has read the market.
  const worker = (where: RunOptions): ReturnType<typeof measuredRun> =>
    measuredRun(["worker", "start", "--min-price", "1000"], { ...where, env, until: "not taken" });
  const withCheckpoint = await worker(kept);
  await rm(path.join(bare.home, "checkpoints"), { recursive: true, force: true });
  const without = await worker(bare);
  const named = {
    "job status --help": nothing,
    "job status of a finished job, without a checkpoint": alone,
    "job status of all jobs, which reads the history and leaves a checkpoint": listing,
    "job status of a finished job, with a checkpoint": ofRetired,
    "job status of an open job, with a checkpoint": ofOpen,
    "worker start with a checkpoint": withCheckpoint,
    "worker start without a checkpoint": without,
  };
  const figures = Object.fromEntries(Object.entries(named).map(([name, run]) => [name, figureOf(run)]));
  return { figures, checkpointBytes: size, isTold: HOW_TO.test(alone.text) };
}

function figureOf({ cpuSeconds, peakMegabytes, rpcCalls, seconds }: Measured): Measured {
  const round = (value: number): number => Number(value.toFixed(2));
  return { cpuSeconds: round(cpuSeconds), peakMegabytes: Math.round(peakMegabytes), rpcCalls, seconds: round(seconds) };
}

function meetsTargets(figures: Figures): boolean {
  return Object.entries(figures).every(([name, { cpuSeconds, rpcCalls, seconds, peakMegabytes }]) => {
    if (name === "worker start with a checkpoint") {
      return seconds <= TARGETS.worker.seconds && peakMegabytes <= TARGETS.worker.peakMegabytes;
    }
    if (name.startsWith("job status of a finished job, without")) return rpcCalls <= TARGETS.alone.rpcCalls;
    if (!name.endsWith(", with a checkpoint")) return true;
    return cpuSeconds <= TARGETS.status.cpuSeconds && rpcCalls <= TARGETS.status.rpcCalls;
  });
}

function line({ cpuSeconds, peakMegabytes, rpcCalls, seconds }: Measured): string {
  return `${cpuSeconds} s CPU, ${seconds} s, ${rpcCalls} RPC calls, ${peakMegabytes} MB`;
}

if (isMain(import.meta.url)) process.exitCode = (await benchHistory()) ? 0 : 1;
