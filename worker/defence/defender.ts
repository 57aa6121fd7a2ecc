import type { MarketState } from "@orion/protocol/chain";
import { createLoop, growingPause, monotonic, OrionError, type Service } from "@orion/protocol/common";
import {
  COMMITTED,
  DisputeReader,
  nameOf,
  openDemands,
  PrepaymentCollector,
  type DemandRecord,
  type DisputeState,
} from "@orion/protocol/disputes";

import type { Precedence } from "../pipeline/precedence.ts";
import { DEFAULT_INTERVAL_MS, sharedLookMs, traceTime } from "../rules.ts";
import type { Sessions } from "../sessions.ts";
import type { UnitContext } from "../unit-work.ts";
import { traceCall, type Carrier } from "./carrier.ts";
import { ClaimAnswers, type Chunks, type Defended, type Need } from "./claim-answers.ts";
import { GivenAnswers } from "./given-answers.ts";
import { Tidying, type Kept } from "./tidying.ts";

export interface DefenderOptions {
  readonly intervalMs?: number;
  /** Answers go out through it; through the worker's own account unless given. */
  readonly carrier?: Carrier;
}

export interface DefenderParts extends Kept {
  readonly sessions: Sessions;
  /** The work lets what is computed for a demand go first. */
  readonly precedence: Precedence;
}

/** Answers that are on their way together; more urgent ones that come later wait for no more than these. */
const MOST_IN_FLIGHT = 16;
/** After a failure a demand is left alone for a time that doubles; its deadline does not wait long. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
/** Demands are looked for so often within the time that an answer may take, but no less often than each 5 s. */
const READS_IN_ANSWER_PERIOD = 40;
const LONGEST_READ_PAUSE_MS = 5_000;

/** A demand that waits for its answer. */
interface Asked {
  readonly claim: Defended;
  readonly demand: DemandRecord;
  /** Names it among all. */
  readonly id: string;
}

/**
 * Answers every demand on this account's claims. An unanswered demand costs the whole lock, so this runs beside the work and waits for nothing of it: it needs no journal, no free disk and, until
 * a trace is demanded, nothing that computes. What it needs is on the chain and in what was kept when the claim was made: neither a restart nor a poster that takes its data
 * back leaves it without an answer.
 *
 * Answers that are at hand go out at once, several at a time, the earliest deadline first. What must be computed is computed one after the other by deadline: a shard's trace once, whatever
 * follows; chunks of values by one more pass, which begins when the demand's turn in the worker's queue does, so that all that have joined it by then are answered by the same pass.
 */
export function createDefender(context: UnitContext, parts: DefenderParts, options: DefenderOptions = {}): Service {
  const { intervalMs = DEFAULT_INTERVAL_MS } = options;
  const defender = new Defender(context, parts, options.carrier, intervalMs);
  return createLoop({
    name: "defender",
    clock: context.clock,
    log: context.log,
    intervalMs,
    tick: (signal) => surviving(context, () => defender.tick(signal)),
  });
}

/** Whatever goes wrong, the next tick comes: an end of the defence would cost every lock. */
async function surviving({ log }: UnitContext, tick: () => Promise<void>): Promise<void> {
  try {
    await tick();
  } catch (error) {
    if (error instanceof OrionError && error.retryable) throw error;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    log.error({ stack }, `the defence failed, and tries again: ${message}`);
  }
}

class Defender {
  readonly #context: UnitContext;
  readonly #parts: DefenderParts;
  readonly #carrier: Carrier | undefined;
  readonly #intervalMs: number;
  readonly #reader: DisputeReader;
  readonly #prepayments: PrepaymentCollector;
  readonly #answers = new Map<string, ClaimAnswers>();
  readonly #inFlight = new Set<string>();
  readonly #given: GivenAnswers;
  readonly #tidying: Tidying;
  readonly #aside = new Map<string, { readonly until: number; readonly failures: number }>();
  #computing = false;
  #collecting = false;
  /** What was read last: of which claims, and when. */
  #read:
    { readonly state: DisputeState; readonly keys: string; readonly at: number; readonly time: number } | undefined;

  constructor(context: UnitContext, parts: DefenderParts, carrier: Carrier | undefined, intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#context = context;
    this.#parts = parts;
    this.#carrier = carrier;
    this.#reader = new DisputeReader(context.chain);
    this.#given = new GivenAnswers(context.chain, context.clock);
    this.#tidying = new Tidying(context, parts);
    this.#prepayments = new PrepaymentCollector(context, COMMITTED, "worker");
  }

  async tick(signal: AbortSignal): Promise<void> {
    const { follower, sender } = this.#context;
    const state = await follower.sync(sender.lastBlock, sharedLookMs(this.#intervalMs));
    const claims = this.#defended(state);
    this.#forgetOthers(claims);
    const asked = claims.length === 0 ? [] : await this.#asked(claims);
    await this.#answer(asked, signal);
    this.#collect(state, claims);
    await this.#tidying.tidy(state);
  }

  #defended(state: MarketState): Defended[] {
    const { address } = this.#context.sender;
    return [...state.jobs.values()].flatMap((job) =>
      job.units
        .active()
        .filter((unit) => unit.status === "committed" && unit.worker === address)
        .map((unit) => ({ job, unit })),
    );
  }

  /** Open demands that nothing is done about yet, the earliest deadline first. */
  async #asked(claims: readonly Defended[]): Promise<Asked[]> {
    const { chain, clock, follower } = this.#context;
    const disputes = await this.#disputesOf(claims);
    const asked = claims.flatMap((claim) =>
      openDemands(disputes.of(chain.network.addresses.market, claim.unit.key)).map((demand) => ({
        claim,
        demand,
        id: `${claim.unit.key}:${nameOf(demand.what)}:${String(demand.deadline)}`,
      })),
    );
    const inTime = asked.filter(({ id, demand }) => !this.#inFlight.has(id) && demand.deadline >= follower.time);
    const unanswered = [];
    for (const one of inTime) if (!(await this.#isGiven(one))) unanswered.push(one);
    return unanswered
      .filter(({ id }) => monotonic(clock) >= (this.#aside.get(id)?.until ?? -Infinity))
      .sort((a, b) => a.demand.deadline - b.demand.deadline);
  }

  /** Whether an open demand has its answer, as far as this process knows: a reorganisation may take one away. */
  async #isGiven({ id, demand, claim }: Asked): Promise<boolean> {
    const state = await this.#given.stateOf(id);
    const [{ key }, { kind }] = [claim.unit, demand.what];
    if (state === "lost") this.#context.log.warn({ key, kind }, "the chain has lost an answer: it is given again");
    return state === "given";
  }

  /** What happened to the claims before the judge; where answers may take long it is not read at each tick. */
  async #disputesOf(claims: readonly Defended[]): Promise<DisputeState> {
    const keys = claims.map(({ unit }) => unit.key).join();
    const [now, known] = [monotonic(this.#context.clock), this.#read];
    const { time } = this.#context.follower;
    if (known?.keys === keys) {
      const pause = await this.#readPause(claims);
      // The chain's time decides what is late, and need not go as this machine's does.
      if (now - known.at < pause && 1_000 * (time - known.time) < pause) return known.state;
    }
    const state = await this.#reader.read(
      claims.map(({ job, unit }) => ({ key: unit.key, sinceBlock: job.postedAtBlock })),
    );
    this.#read = { state, keys, at: now, time };
    return state;
  }

  async #readPause(claims: readonly Defended[]): Promise<number> {
    // Where the clocks of a job cannot be had, its demands are looked for at each tick.
    const periodOf = async ({ job }: Defended): Promise<number> =>
      (await this.#parts.sessions.clocks(job)).answerPeriod;
    const periods = await Promise.all(claims.map((claim) => periodOf(claim).catch(() => 0)));
    const shortest = Math.min(...periods);
    return Math.min(LONGEST_READ_PAUSE_MS, (shortest * 1_000) / READS_IN_ANSWER_PERIOD);
  }

  async #answer(asked: readonly Asked[], signal: AbortSignal): Promise<void> {
    const waiting: (Asked & { readonly need: Need })[] = [];
    for (const one of asked) {
      if (signal.aborted) return;
      await this.#attempt(one, async () => {
        const need = await this.#answersOf(one.claim).need(one.demand);
        if (need !== undefined) waiting.push({ ...one, need });
        else if (this.#inFlight.size < MOST_IN_FLIGHT) await this.#send(one);
      });
    }
    await this.#startComputing(waiting, signal);
  }

  /** Builds the answer and sends it; does not wait until it is mined. */
  async #send(one: Asked, chunks?: Chunks): Promise<void> {
    const { job, unit } = one.claim;
    const answers = this.#answersOf(one.claim);
    const ready = await answers.ready(one.demand, chunks);
    const call = "call" in ready ? ready.call : await traceCall(await answers.theCase(), ready.trace, this.#carrier);
    this.#inFlight.add(one.id);
    this.#context.step?.("worker:answering");
    const sender = this.#carrier?.sender ?? this.#context.sender;
    const sent = sender.send(call).then((receipt) => {
      this.#context.step?.("worker:answered");
      this.#given.add(one.id, receipt);
      this.#aside.delete(one.id);
      this.#prepayments.add({ key: unit.key, shards: { from: unit.from, to: unit.to }, sinceBlock: job.postedAtBlock });
      const { kind } = one.demand.what;
      this.#context.log.info({ key: unit.key, kind, gas: Number(receipt.gasUsed) }, "answered a demand");
    });
    sent.catch((error: unknown) => this.#failed(one, error)).finally(() => this.#inFlight.delete(one.id));
  }

  /** Computes for the demand with the earliest deadline whose turn has come, and for all that the same computation answers. */
  async #startComputing(waiting: readonly (Asked & { readonly need: Need })[], signal: AbortSignal): Promise<void> {
    if (this.#computing) return;
    for (const first of waiting) {
      if (first.need.kind === "chunk" && !(await this.#isItsTurn(first))) continue;
      const same = waiting.filter((other) => isSameComputation(first, other));
      this.#computing = true;
      void this.#compute(first, same, signal).finally(() => {
        this.#computing = false;
      });
      return;
    }
  }

  async #compute(
    first: Asked & { readonly need: Need },
    same: readonly (Asked & { readonly need: Need })[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#attempt(first, async () => {
      const places = [...new Set(same.flatMap(({ need }) => (need.kind === "chunk" ? [need.place] : [])))];
      const answers = this.#answersOf(first.claim);
      const chunks = await this.#parts.precedence.during(() => answers.compute(first.need, places, signal));
      this.#context.step?.("worker:recomputed");
      for (const one of same) await this.#attempt(one, () => this.#send(one, chunks));
    });
  }

  /** The queue's own reckoning: a demand's turn begins so long before its deadline as its trace and its answer may take. */
  async #isItsTurn({ claim: { job, unit }, demand }: Asked): Promise<boolean> {
    const clocks = await this.#parts.sessions.clocks(job);
    const begins = demand.deadline - clocks.answerPeriod - traceTime(clocks, unit.to - unit.from);
    return this.#context.follower.time >= begins;
  }

  /** One demand that cannot be answered must not keep the others from their answers. */
  async #attempt(one: Asked, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed(one, error);
    }
  }

  #failed(one: Asked, error: unknown): void {
    const { clock, log } = this.#context;
    if (error instanceof OrionError && error.code === "ABORTED") return;
    const failures = (this.#aside.get(one.id)?.failures ?? 0) + 1;
    const pause = growingPause(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    this.#aside.set(one.id, { until: monotonic(clock) + pause, failures });
    const { key } = one.claim.unit;
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ key, deadline: one.demand.deadline, failures }, `cannot answer a demand: ${reason}`);
  }

  #answersOf(claim: Defended): ClaimAnswers {
    const { key } = claim.unit;
    const { sessions, outputs, traces } = this.#parts;
    const answers = this.#answers.get(key) ?? new ClaimAnswers(this.#context, claim, sessions, outputs, traces);
    this.#answers.set(key, answers);
    return answers;
  }

  #forgetOthers(claims: readonly Defended[]): void {
    const keys = new Set(claims.map(({ unit }) => unit.key));
    const isOver = (id: string): boolean => !keys.has(id.slice(0, KEY_LENGTH));
    for (const [key, answers] of this.#answers) {
      if (keys.has(key)) continue;
      answers.close();
      this.#answers.delete(key);
    }
    this.#given.forgetWhere(isOver);
    for (const id of this.#aside.keys()) if (isOver(id)) this.#aside.delete(id);
  }

  /** Brings home what answers were worth; never in the way of an answer. */
  #collect(state: MarketState, claims: readonly Defended[]): void {
    if (this.#collecting || this.#inFlight.size > 0) return;
    const { log } = this.#context;
    const active = new Set(claims.map(({ unit }) => unit.key));
    this.#collecting = true;
    this.#prepayments
      .collect(state, (key) => active.has(key))
      .then(
        (wei) => {
          if (wei > 0n) log.info({ wei: wei.toString() }, "prepayments of answered demands collected");
        },
        (error: unknown) => {
          if (error instanceof OrionError && error.code === "ABORTED") return;
          log.warn(
            {},
            `prepayments stay with the judge for now: ${error instanceof Error ? error.message : String(error)}`,
          );
        },
      )
      .finally(() => {
        this.#collecting = false;
      });
  }
}

const KEY_LENGTH = 66;

function isSameComputation(a: Asked & { readonly need: Need }, b: Asked & { readonly need: Need }): boolean {
  if (a.claim.unit.key !== b.claim.unit.key || a.need.kind !== b.need.kind) return false;
  if (a.need.kind === "outputs" || b.need.kind === "outputs") return true;
  return a.need.shard === b.need.shard;
}
