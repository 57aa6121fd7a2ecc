import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { connectChain, createMarketFollower, createSender } from "@orion/protocol/chain";
import { silentLogger, systemClock } from "@orion/protocol/common";
import { createComputeProcess } from "@orion/protocol/kernels/node";
import { createWorker } from "@orion/worker";

import { isMain } from "../scripts/support/is-main.ts";
import { blocksEvery } from "../test/support/network/block-times.ts";
import { startProxy } from "../test/support/network/http-proxy.ts";
import { startHere } from "../test/support/network/in-process.ts";
import {
  accountAt,
  ACCOUNTS,
  ORION,
  startTestNetwork,
  type TestNetwork,
} from "../test/support/network/test-network.ts";
import { postDigitsJob, untilCommitted } from "./support/digits-job.ts";
import { writeResult } from "./support/write-result.ts";

const UNITS = 16;
const BLOCK_SECONDS = 2;
const ROUNDS = 3;
/** Seconds over which calls are counted while the worker waits. */
const WAIT_SECONDS = 12;
const TARGET = { seconds: 15, callsPerSecond: 3 } as const;
const PACE = { lookMs: 50, patienceMs: 300_000 };
/** Those of the testnet's fast profile, but claims stay in their window until the bench has ended. */
const CLOCKS = { claimPeriod: 600, challengeWindow: 3_600, answerPeriod: 300 };

/** Figures of one worker, which starts with nothing at hand. */
interface Round {
  /** From the start of the worker, beside a job that waits, to the block of the last commit. */
  readonly seconds: number;
  /** Transactions of claims and commits, and the blocks that have some. */
  readonly transactions: number;
  readonly blocks: number;
  /** JSON-RPC calls until the last commit. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** JSON-RPC calls a second of the same worker while it waits for the windows of its claims. */
  readonly waiting: number;
}

/** One worker on a chain with a block each two seconds: how long 16 units of the digits model take, and how much it asks of its RPC. False when a target is missed. */
export async function benchWorker(): Promise<boolean> {
  const running = await startTestNetwork({ fast: CLOCKS });
  const backend = await createComputeProcess({ mode: "webasm" });
  try {
    for (let i = 0; i <= ROUNDS; i++) await running.stake(ACCOUNTS.workers + i, 100n * ORION);
    await blocksEvery(running.chainProcess, BLOCK_SECONDS);
    const idle = await withWorker(running, ACCOUNTS.workers, backend, async (calls) => callsWhile(calls));
    console.log(`waits for work: ${idle.toFixed(2)} RPC calls a second`);
    const rounds: Round[] = [];
    for (let i = 1; i <= ROUNDS; i++) {
      const jobId = await postDigitsJob(running, UNITS);
      const round = await withWorker(running, ACCOUNTS.workers + i, backend, (calls) => measure(running, jobId, calls));
      console.log(
        `${UNITS} units in ${round.seconds.toFixed(1)} s by ${round.transactions} transactions in ${round.blocks} blocks; ` +
          `RPC calls a second: ${round.callsPerSecond.toFixed(1)} in work, ${round.waiting.toFixed(2)} while it waits for windows`,
      );
      rounds.push(round);
    }
    const median = rounds.map(({ seconds }) => seconds).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Infinity;
    const waiting = Math.max(idle, ...rounds.map((round) => round.waiting));
    const passed = median <= TARGET.seconds && waiting <= TARGET.callsPerSecond;
    console.log(
      `median ${median.toFixed(1)} s, at most ${waiting.toFixed(2)} calls a second: ${passed ? "met" : "MISSED"}`,
    );
    const figures = {
      units: UNITS,
      blockSeconds: BLOCK_SECONDS,
      medianSeconds: median,
      idleCallsPerSecond: idle,
      rounds,
    };
    console.log(`written to ${await writeResult("worker", { ...figures, target: TARGET, passed })}`);
    return passed;
  } finally {
    await backend.dispose();
    await running.stop();
  }
}

/** Runs a worker as `orion worker start` does, on an endpoint that counts its calls, while `use` measures. */
async function withWorker<T>(
  running: TestNetwork,
  account: number,
  backend: Awaited<ReturnType<typeof createComputeProcess>>,
  use: (calls: () => number) => Promise<T>,
): Promise<T> {
  let calls = 0;
  const proxy = await startProxy({
    target: running.chainProcess.url,
    fault: ({ body }) => {
      const request = JSON.parse(body.toString()) as unknown;
      calls += Array.isArray(request) ? request.length : 1;
      return {};
    },
  });
  const chain = await connectChain({ ...running.network, rpcUrl: proxy.url });
  const [clock, log] = [systemClock, silentLogger];
  const { store, sha256 } = running.context(account);
  const sender = createSender({ chain, wallet: accountAt(account), clock, log });
  const follower = createMarketFollower({ chain, clock, log });
  const journalDir = path.join(running.dir, `bench-${String(account)}`);
  const worker = startHere(createWorker({ chain, sender, store, follower, clock, log, sha256, backend, journalDir }));
  try {
    return await use(() => calls);
  } finally {
    await worker.stop();
    chain.close();
    await proxy.stop();
  }
}

async function callsWhile(calls: () => number): Promise<number> {
  // What a start asks once is no waiting.
  await delay(3_000);
  const before = calls();
  await delay(WAIT_SECONDS * 1_000);
  return Number(((calls() - before) / WAIT_SECONDS).toFixed(2));
}

async function measure(running: TestNetwork, jobId: string, calls: () => number): Promise<Round> {
  const start = performance.now();
  await untilCommitted(running, jobId, PACE);
  const seconds = Number(((performance.now() - start) / 1_000).toFixed(2));
  const asked = calls();
  const { market } = running.chain.contracts;
  const logs = await Promise.all([
    market.queryFilter(market.filters.UnitClaimed(jobId)),
    market.queryFilter(market.filters.ClaimCommitted(jobId)),
  ]);
  return {
    seconds,
    transactions: new Set(logs.flat().map((log) => log.transactionHash)).size,
    blocks: new Set(logs.flat().map((log) => log.blockNumber)).size,
    calls: asked,
    callsPerSecond: Number((asked / seconds).toFixed(1)),
    waiting: await callsWhile(calls),
  };
}

if (isMain(import.meta.url)) process.exitCode = (await benchWorker()) ? 0 : 1;
