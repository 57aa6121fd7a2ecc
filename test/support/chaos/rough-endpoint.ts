import { setTimeout as delay } from "node:timers/promises";

import type { Backend } from "@orion/protocol/kernels";

import { ACCOUNTS, type TestNetwork } from "../network/test-network.ts";
import { postTinyJob, type TinyJob } from "../network/tiny-job.ts";
import { startChainTime, type ChainTime } from "./chain-time.ts";
import { createInsideHost } from "./inside-host.ts";
import { nameOf, VALIDATOR, WORKERS, type Part, type PartPlan, type Plan } from "./plan.ts";
import { removeFolder, seedFolder, type Site } from "./site.ts";
import { Supervisor } from "./supervisor.ts";
import { faultsIn, progressOf, type Progress } from "./verdict.ts";
import { startWays, type Ways } from "./ways.ts";
import { FINE, type RpcWeather } from "./weather.ts";

/** Seconds of chain time. */
const BLOCK_SECONDS = 12;
const FREEZE_SECONDS = 180;
/** Of the time, when the chain stands still, and until when jobs are posted. */
const FREEZES_AT = 0.5;
const POSTED_UNTIL = 0.8;
/** Seconds of chain time that the last job gets besides. */
const GRACE_SECONDS = 600;
/** Blocks before the services start, so that their first look needs many questions. */
const HISTORY = 2_000;
const INTERVAL_MS = 4_000;

/** A balanced endpoint on a bad day: one of its two nodes is 12 blocks behind, a tenth of all requests is refused, and logs come by 500 blocks. */
const ENDPOINT: RpcWeather = {
  ...{ ...FINE, throttle: 0.1, lag: 12, lagShare: 0.5, logRange: 500 },
  ...{ errors: 0, hidden: 0, omit: 0, reorder: 0 },
};

const PARTS: readonly (readonly [part: Part, account: number])[] = [
  ["orchestrator", ACCOUNTS.orchestrator],
  ["aggregator", ACCOUNTS.aggregator],
  ["upkeep", ACCOUNTS.upkeep],
  ["worker", WORKERS[0]],
  ["validator", VALIDATOR],
];

export interface RoughTime {
  readonly seed: number;
  /** Chain time that passes, and how many jobs are posted in it. */
  readonly seconds: number;
  readonly jobs: number;
  /** How many times as fast chain and services go as in life. What computing and the endpoint take is not faster, so that it weighs more by that. */
  readonly pace: number;
}

export interface RoughOutcome {
  /** What went wrong, one line each. */
  readonly faults: readonly string[];
  readonly jobs: number;
  /** Seconds of chain time that passed. */
  readonly seconds: number;
  /** Requests that the endpoint answered with 429, and the log lines of each service. */
  readonly throttled: number;
  readonly logs: Readonly<Record<string, string>>;
  /** JSON-RPC calls of each service. */
  readonly calls: Readonly<Record<string, number>>;
}

/** The services on that endpoint, which besides stands still for three minutes. */
export async function runRoughEndpoint(site: Site, backend: Backend, rough: RoughTime): Promise<RoughOutcome> {
  const { seed, seconds, pace } = rough;
  const blockMs = (1_000 * BLOCK_SECONDS) / pace;
  const dir = await seedFolder(seed);
  const running = await site.begin(dir);
  await mine(running, HISTORY);
  const ways = new Map<string, Ways>();
  const host = createInsideHost({ pace, waysOf: (name) => ways.get(name) as Ways, backend });
  const supervisors: Supervisor[] = [];
  const plans = PARTS.map(([part, account]): PartPlan => {
    return { name: nameOf(part, account), part, account, rpc: [ENDPOINT], store: FINE };
  });
  const targets = { rpcUrl: running.network.rpcUrl, ipfsUrl: running.ipfs.url };
  for (const part of plans) {
    const way = await startWays(part, targets, seed);
    ways.set(part.name, way);
    supervisors.push(new Supervisor(running, host, part, way, { intervalMs: INTERVAL_MS }));
  }
  const time = startChainTime(running.chainProcess, blockMs, BLOCK_SECONDS);
  for (const supervisor of supervisors) supervisor.start();
  const chainTime = new Passing(running);
  await chainTime.begin();
  const plan = planWith(seed, plans, blockMs);
  try {
    const jobs = await Promise.race([live(running, rough, chainTime, [...ways.values()]), time.failed]);
    const { settled, summary } = await settling(running, plan, jobs, chainTime, seconds + GRACE_SECONDS);
    const late = settled ? [] : [`not settled after ${String(await chainTime.passed())} s: ${summary}`];
    const ended = supervisors.flatMap(({ faults }) => faults);
    return {
      faults: [...late, ...ended, ...(settled ? await faultsIn(running, plan, jobs) : [])],
      jobs: jobs.length,
      seconds: await chainTime.passed(),
      throttled: [...ways.values()].reduce((sum, way) => sum + way.throttled, 0),
      logs: Object.fromEntries(supervisors.map(({ name, log }) => [name, log])),
      calls: Object.fromEntries([...ways].map(([name, way]) => [name, way.calls])),
    };
  } finally {
    await end(supervisors, time, [...ways.values()]);
    await host.close();
    await running.stop();
    await removeFolder(dir);
  }
}

/** Posts a job now and then, and lets the chain stand still once; resolves when the time is over. */
async function live(
  running: TestNetwork,
  { seconds, jobs: count }: RoughTime,
  time: Passing,
  ways: readonly Ways[],
): Promise<TinyJob[]> {
  const every = (POSTED_UNTIL * seconds) / count;
  const from = FREEZES_AT * seconds;
  const jobs: Promise<TinyJob>[] = [];
  let frozen = false;
  for (let passed = 0; passed < seconds; passed = await time.passed()) {
    if (jobs.length < count && passed >= jobs.length * every) {
      jobs.push(postTinyJob(running, { shards: 3, seed: jobs.length }));
    }
    const freezes = passed >= from && passed < from + FREEZE_SECONDS;
    if (freezes !== frozen) {
      const block = freezes ? await running.chain.provider.getBlockNumber() : undefined;
      for (const way of ways) way.freeze(block);
      frozen = freezes;
    }
    await delay(20);
  }
  return Promise.all(jobs);
}

/** Waits until all is settled, or for so many seconds since the beginning. */
async function settling(
  running: TestNetwork,
  plan: Plan,
  jobs: readonly TinyJob[],
  time: Passing,
  most: number,
): Promise<Progress> {
  for (;;) {
    const progress = await progressOf(running, plan, jobs);
    if (progress.settled || (await time.passed()) >= most) return progress;
    await delay(100);
  }
}

class Passing {
  readonly #running: TestNetwork;
  #began = 0;

  constructor(running: TestNetwork) {
    this.#running = running;
  }

  async begin(): Promise<void> {
    this.#began = await this.#now();
  }

  /** Seconds of chain time since it began. */
  async passed(): Promise<number> {
    return (await this.#now()) - this.#began;
  }

  async #now(): Promise<number> {
    const block = await this.#running.chain.provider.getBlock("latest");
    if (block === null) throw new Error("the chain shows no block");
    return block.timestamp;
  }
}

/** Nothing but what the services do by themselves. */
function planWith(seed: number, parts: readonly PartPlan[], blockMs: number): Plan {
  const none = { jobs: [], events: [], payments: 0, faultsMs: 0 };
  return { seed, parts, ...none, blockMs, blockSeconds: BLOCK_SECONDS };
}

async function mine(running: TestNetwork, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i += 100) {
    await Promise.all(Array.from({ length: 100 }, () => running.chainProcess.rpc("evm_mine")));
  }
}

async function end(supervisors: readonly Supervisor[], time: ChainTime, ways: readonly Ways[]): Promise<void> {
  for (const way of ways) way.calm();
  await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
  await time.stop();
  await Promise.all(ways.map((way) => way.stop()));
}
