import { keccak256, toUtf8Bytes, type Interface } from "ethers";

import { createMarketFollower, unitCount, type JobRecord, type MarketState, type Terms } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";

import { ACCOUNTS, accountAt, type TestNetwork } from "./test-network.ts";
import { prepareJob } from "./tiny-job.ts";

/** Numbers below `n` that look random and are the same for the same seed. */
export function dice(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

type Call = readonly [
  account: number,
  name:
    | "postJob"
    | "publishManifest"
    | "addTip"
    | "claim"
    | "commit"
    | "settle"
    | "accept"
    | "expire"
    | "cancel"
    | "publishResult",
  args: readonly unknown[],
];

/** Plays random moves of everybody against the market, legal and illegal ones; the illegal ones are refused and change nothing. */
export class RandomMarket {
  readonly #running: TestNetwork;
  readonly #roll: (n: number) => number;
  readonly #terms: Terms[] = [];
  readonly #workers: readonly number[];
  /** Moves that were mined. */
  played = 0;

  constructor(running: TestNetwork, seed: number, workers: readonly number[]) {
    this.#running = running;
    this.#roll = dice(seed);
    this.#workers = workers;
  }

  async post(): Promise<void> {
    const { terms } = await prepareJob(this.#running, { shards: 3 + this.#roll(4), shardsPerClaim: 2 });
    this.#terms.push(terms);
    await this.#send([ACCOUNTS.poster, "postJob", [terms]]);
  }

  async move(): Promise<void> {
    if (this.#terms.length === 0) return this.post();
    const terms = this.#terms[this.#roll(this.#terms.length)] as Terms;
    if (this.#roll(12) === 0) await this.#running.advance(this.#roll(4) === 0 ? 301 : 3);
    await this.#send(await this.#choose(terms));
  }

  async #choose(terms: Terms): Promise<Call> {
    const market = this.#running.chain.contracts.market;
    const unit = this.#roll(unitCount(terms));
    const worker = this.#workers[this.#roll(this.#workers.length)] as number;
    const jobId = await market.jobIdOf(terms);
    const { slot } = await market.unit(jobId, unit);
    const holder = this.#workers.find((account) => accountAt(account).address === slot.worker) ?? worker;
    const hash = keccak256(toUtf8Bytes(String(this.#roll(1e9))));
    const key = await market.keyOf(jobId, unit, slot.attempt, slot.worker);
    const calls: Call[] = [
      [ACCOUNTS.orchestrator, "publishManifest", [terms, hash]],
      [ACCOUNTS.stranger, "addTip", [terms, 1n]],
      [worker, "claim", [terms, [unit]]],
      [worker, "claim", [terms, [unit, (unit + 1) % unitCount(terms)]]],
      [holder, "commit", [terms, unit, key, hash, hash]],
      [holder, "commit", [terms, unit, key, hash, hash]],
      [ACCOUNTS.upkeep, "settle", [terms, [unit, (unit + 1) % unitCount(terms)]]],
      [ACCOUNTS.upkeep, "settle", [terms, [unit]]],
      [ACCOUNTS.poster, "accept", [terms, [unit]]],
      [ACCOUNTS.upkeep, "expire", [terms, [unit]]],
      [ACCOUNTS.aggregator, "publishResult", [jobId, hash, hash]],
    ];
    if (this.#roll(40) === 0) return [ACCOUNTS.poster, "cancel", [terms]];
    return calls[this.#roll(calls.length)] as Call;
  }

  async #send([account, name, args]: Call): Promise<void> {
    const { market } = this.#running.chain.contracts;
    const data = (market.interface as Interface).encodeFunctionData(name, args);
    try {
      await this.#running.sender(account).send({ to: this.#running.network.addresses.market, data, label: name });
      this.played++;
    } catch (error) {
      if (!(error instanceof OrionError) || error.code !== "REVERT") throw error;
    }
  }
}

/** Everything that a follower knows, as plain data; amounts as text. */
export function plain(state: MarketState): unknown {
  const jobs = [...state.jobs.values()].map((job) => ({ ...job, units: [...job.units], active: job.units.active() }));
  const text = JSON.stringify(jobs, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return JSON.parse(text) as unknown;
}

/** What somebody knows who reads the whole chain anew. */
export async function readAnew(running: TestNetwork): Promise<MarketState> {
  return createMarketFollower({ chain: running.chain }).sync();
}

const STATES = ["free", "claimed", "committed", "settled"];

/** What the contract's own views say of a job, in the follower's words. */
export async function viewsOf(running: TestNetwork, job: JobRecord): Promise<Record<string, unknown>> {
  const { market } = running.chain.contracts;
  const slot = await market.job(job.jobId);
  const units = [];
  for (const { index } of job.units) {
    const { slot: unit, state } = await market.unit(job.jobId, index);
    const status = STATES[Number(state)];
    const worker = status === "free" ? "" : unit.worker;
    units.push({
      status,
      worker,
      attempt: Number(unit.attempt),
      deadline: status === "claimed" ? Number(unit.deadline) : 0,
    });
  }
  return {
    unsettled: Number(slot.unsettled),
    unclaimed: Number(slot.unclaimed),
    cancelled: (Number(slot.flags) & 4) !== 0,
    units,
  };
}

export function followed(job: JobRecord): Record<string, unknown> {
  const units = [...job.units];
  const shards = (status: string): number =>
    units.filter((unit) => unit.status === status).reduce((sum, { from, to }) => sum + to - from, 0);
  const free = shards("free");
  return {
    unsettled: job.terms.shards - job.settledShards - (job.cancelled ? free : 0),
    unclaimed: job.cancelled ? 0 : free,
    cancelled: job.cancelled,
    units: units.map(({ status, worker, attempt, deadline }) => ({
      status,
      worker,
      attempt,
      deadline: status === "claimed" ? deadline : 0,
    })),
  };
}
