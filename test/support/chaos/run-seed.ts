import { setTimeout as delay } from "node:timers/promises";

import { keccak256, toUtf8Bytes } from "ethers";

import type { Backend } from "@orion/protocol/kernels";

import { createFalsifier } from "../../../scripts/start/adversary/falsifier.ts";
import { startHere, type Started } from "../network/in-process.ts";
import type { TestNetwork } from "../network/test-network.ts";
import { postTinyJob, type TinyJob } from "../network/tiny-job.ts";
import { patient } from "../patience.ts";
import { startChainTime, type ChainTime } from "./chain-time.ts";
import type { Host } from "./host.ts";
import { LIAR, planOf, type Plan } from "./plan.ts";
import { rollsOf } from "./rolls.ts";
import { removeFolder, seedFolder, type Site } from "./site.ts";
import { Supervisor } from "./supervisor.ts";
import { faultsIn, paymentsOf, progressOf } from "./verdict.ts";
import { startWays, type Ways } from "./ways.ts";

/** How the services of a seed run. */
export interface Arena {
  readonly site: Site;
  readonly backend: Backend;
  readonly createHost: (dir: string, waysOf: (name: string) => Ways) => Host;
  /** Milliseconds between two looks of a service. */
  readonly intervalMs: number;
  /** Milliseconds for which things go wrong, about. */
  readonly faultsMs: number;
  /** Milliseconds on a free machine in which everything must have settled after that. */
  readonly settleMs: number;
}

/** What became of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  /** What went wrong, one line each; empty where nothing did. */
  readonly faults: readonly string[];
  readonly seconds: number;
  /** Starts of services, and requests on their ways. */
  readonly lives: number;
  /** Where the logs are kept of a seed that failed. */
  readonly dir?: string;
}

const LOOK_MS = 150;
/** Chain time while nothing is left but to wait for windows. */
const WAITING_SECONDS = 100;

/** Runs the network of one seed: things go wrong for a while, then nothing does, and then everything must have come out right. */
export async function runSeed(arena: Arena, seed: number): Promise<SeedOutcome> {
  const start = performance.now();
  const dir = await seedFolder(seed);
  const running = await arena.site.begin(dir);
  const ways = new Map<string, Ways>();
  const host = arena.createHost(dir, (name) => ways.get(name) as Ways);
  const plan = planOf(seed, { faultsMs: arena.faultsMs, kinds: host.kinds });
  const network = new ChaosNetwork(arena, running, host, plan, ways);
  let faults: readonly string[];
  try {
    faults = await network.run();
  } catch (error) {
    faults = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  faults = [...faults, ...(await network.end())];
  await running.stop();
  const seconds = (performance.now() - start) / 1_000;
  const outcome = { seed, faults, seconds, lives: network.lives };
  if (faults.length > 0) return { ...outcome, dir };
  await removeFolder(dir);
  return outcome;
}

class ChaosNetwork {
  readonly #arena: Arena;
  readonly #running: TestNetwork;
  readonly #host: Host;
  readonly #plan: Plan;
  readonly #ways: Map<string, Ways>;
  readonly #parts = new Map<string, Supervisor>();
  readonly #time: ChainTime;
  #liar: Started | undefined;

  constructor(arena: Arena, running: TestNetwork, host: Host, plan: Plan, ways: Map<string, Ways>) {
    this.#arena = arena;
    this.#running = running;
    this.#host = host;
    this.#plan = plan;
    this.#ways = ways;
    this.#time = startChainTime(running.chainProcess, patient(plan.blockMs), plan.blockSeconds);
  }

  get lives(): number {
    return [...this.#parts.values()].reduce((sum, { lives }) => sum + lives, 0);
  }

  /** @returns what went wrong */
  async run(): Promise<string[]> {
    const { parts, seed } = this.#plan;
    const targets = { rpcUrl: this.#running.network.rpcUrl, ipfsUrl: this.#running.ipfs.url };
    for (const part of parts) {
      const ways = await startWays(part, targets, seed);
      this.#ways.set(part.name, ways);
      const payments = part.part === "payer" ? { payments: paymentsOf(this.#plan) } : {};
      const more = { intervalMs: this.#arena.intervalMs, ...payments };
      this.#parts.set(part.name, new Supervisor(this.#running, this.#host, part, ways, more));
    }
    for (const part of this.#parts.values()) part.start();
    if (this.#plan.liar !== undefined) this.#liar = this.#startLiar(this.#plan.liar.publishes);
    const [jobs] = await Promise.race([Promise.all([this.#post(), this.#trouble()]), this.#time.failed]);
    for (const part of this.#parts.values()) part.calm();
    await this.#host.calm();
    const late = await this.#settle(jobs);
    const ended = [...this.#parts.values()].flatMap(({ faults }) => faults);
    if (late !== undefined) return [late, ...ended];
    return [...(await faultsIn(this.#running, this.#plan, jobs)), ...ended];
  }

  /** Ends everything; gives what could not be ended. */
  async end(): Promise<string[]> {
    const ends = [...this.#parts.values()].map((part) => part.stop());
    const liar = this.#liar?.stop() ?? Promise.resolve();
    const stopped = await Promise.allSettled([...ends, liar]);
    await this.#host.close();
    await this.#time.stop().catch(() => undefined);
    await Promise.all([...this.#ways.values()].map((ways) => ways.stop()));
    return stopped.flatMap((end) => (end.status === "rejected" ? [`at the end: ${String(end.reason)}`] : []));
  }

  #startLiar(publishes: boolean): Started {
    const context = { ...this.#running.context(LIAR), backend: this.#arena.backend };
    const rolls = rollsOf(this.#plan.seed, "liar");
    return startHere(createFalsifier(context, { intervalMs: LOOK_MS, publishes, random: rolls.next }));
  }

  async #post(): Promise<TinyJob[]> {
    return Promise.all(
      this.#plan.jobs.map(async ({ postedAtMs, ...job }) => {
        await delay(postedAtMs);
        const salt = keccak256(toUtf8Bytes(`job ${String(job.seed)}`));
        return postTinyJob(this.#running, { ...job, terms: { salt } });
      }),
    );
  }

  async #trouble(): Promise<void> {
    const { events, faultsMs } = this.#plan;
    const all = events.map(async (event) => {
      await delay(event.atMs);
      await this.#parts.get(event.part)?.happen(event);
    });
    await Promise.all([...all, delay(faultsMs)]);
  }

  /** Waits until everything has settled; what is still open where it does not. */
  async #settle(jobs: readonly TinyJob[]): Promise<string | undefined> {
    const limit = patient(this.#arena.settleMs);
    const end = performance.now() + limit;
    for (;;) {
      const progress = await progressOf(this.#running, this.#plan, jobs);
      if (progress.settled) return undefined;
      if (performance.now() > end) {
        return `not settled ${String(Math.round(limit / 1_000))} s after the faults ended: ${progress.summary}`;
      }
      this.#time.blockSeconds = progress.waiting ? WAITING_SECONDS : this.#plan.blockSeconds;
      await delay(LOOK_MS);
    }
  }
}
