import { setTimeout as delay } from "node:timers/promises";

import type { Wallet } from "ethers";

import { DisputeReader, openDemands, isChunk, shardOf, type LeaderPlace } from "@orion/protocol/disputes";

import { Random } from "../../unit/tensor/random.ts";
import type { ChainTime } from "../chaos/chain-time.ts";
import type { HostileView, Wanted } from "../network/hostile-demands.ts";
import { accountAt, type TestNetwork } from "../network/test-network.ts";
import { Refusals } from "./refusals.ts";

/** Wei that go with each demand: more than any costs here, the rest stays the sender's balance. */
const PLENTY = 10n ** 17n;
const GAS_LIMIT = 900_000n;
/** Demands that are made for each block, and of all the part that comes in the last minute of the first window. */
const [PER_BLOCK, AT_LAST] = [25, 0.2];
const LAST_MINUTE = 60;
const LOOK_MS = 100;

export interface FloodClocks {
  readonly answerPeriod: number;
  /** Seconds of one place in the worker's queue. */
  readonly turn: number;
}

/** Everybody's demands on claims of one worker, signed and sent without waiting for anything. */
export class Flood {
  readonly #running: TestNetwork;
  readonly #views: readonly HostileView[];
  readonly #time: ChainTime;
  readonly #clocks: FloodClocks;
  readonly #random: Random;
  readonly #reader: DisputeReader;
  readonly #accounts: readonly number[];
  readonly #nonces = new Map<number, number>();
  readonly refusals: Refusals;
  readonly #left: { readonly view: HostileView; readonly wanted: Wanted }[] = [];
  readonly #known = new Set<string>();
  readonly #seen = new Map<HostileView, number>();
  #now = 0;
  sent = 0;

  /** @param accounts of the attackers */
  constructor(
    running: TestNetwork,
    views: readonly HostileView[],
    time: ChainTime,
    clocks: FloodClocks,
    options: { readonly seed: number; readonly accounts: readonly number[] },
  ) {
    this.#running = running;
    this.#views = views;
    this.#time = time;
    this.#clocks = clocks;
    this.#random = new Random(options.seed);
    this.#accounts = options.accounts;
    this.#reader = new DisputeReader(running.chain);
    this.refusals = new Refusals(running, new Set(options.accounts.map((account) => accountAt(account).address)));
  }

  /** Demands that the chain shows, and those that are not answered yet. */
  get counts(): { readonly demands: number; readonly open: number } {
    const all = this.#views.flatMap(({ dispute }) => [...(dispute?.demands.values() ?? [])]);
    return { demands: all.length, open: all.filter(({ answer }) => answer === undefined).length };
  }

  /** Makes so many demands, or as many as there are to make. @throws Error where one was not answered in time */
  async throwAll(count: number): Promise<void> {
    for (const account of this.#accounts) {
      this.#nonces.set(account, await this.#running.chain.provider.getTransactionCount(accountAt(account).address));
    }
    const early = Math.floor(count * (1 - AT_LAST));
    await this.#throwUpTo(early);
    await this.#jumpToLastMinute();
    await this.#throwUpTo(count);
  }

  /** Lets time pass until everything is answered: slowly while the worker has something to do now. */
  async drain(): Promise<void> {
    for (;;) {
      await this.look();
      if (this.counts.open === 0) return;
      this.#time.blockSeconds = this.#isBusy() ? 2 : this.#clocks.turn / 4;
      await delay(LOOK_MS);
    }
  }

  /** Looks at the chain. @throws Error where an answer comes too late */
  async look(): Promise<void> {
    const { chain, network } = this.#running;
    const state = await this.#reader.read(
      this.#views.map(({ of }) => ({ key: of.unit.key, sinceBlock: network.deployBlock })),
    );
    this.#now = (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
    await this.refusals.look();
    for (const view of this.#views) {
      const dispute = state.of(network.addresses.market, view.of.unit.key);
      view.see(dispute);
      if (dispute?.fallen === true) throw new Error(`the claim ${view.of.unit.key} has fallen`);
      const late = openDemands(dispute).find(({ deadline }) => deadline < this.#now);
      if (late !== undefined) throw new Error(`a demand for ${late.what.kind} was not answered in time`);
      this.#collect(view);
    }
  }

  #collect(view: HostileView): void {
    // Nothing more can be demanded before another trace is shown.
    if (this.#seen.get(view) === view.traced) return;
    this.#seen.set(view, view.traced);
    for (const wanted of view.wanted()) {
      const name = `${view.of.unit.key}:${JSON.stringify(wanted)}`;
      if (this.#known.has(name)) continue;
      this.#known.add(name);
      this.#left.push({ view, wanted });
    }
  }

  /** Whether something is due soon, or its turn has come. */
  #isBusy(): boolean {
    const { answerPeriod, turn } = this.#clocks;
    return this.#views.some(({ dispute }) =>
      openDemands(dispute).some(({ deadline }) => deadline - answerPeriod - turn <= this.#now),
    );
  }

  /** Goes on while there is something to demand, or an answer is due that shows more. */
  async #throwUpTo(count: number): Promise<void> {
    const { provider } = this.#running.chain;
    for (let idle = 0; this.sent < count && idle < 2;) {
      await this.look();
      idle = this.#left.length === 0 && this.counts.open === 0 ? idle + 1 : 0;
      const block = await provider.getBlockNumber();
      for (let i = 0; i < PER_BLOCK && this.sent < count && this.#left.length > 0; i++) await this.#throwOne();
      while ((await provider.getBlockNumber()) === block) await delay(10);
    }
  }

  async #throwOne(): Promise<void> {
    const { chain, network } = this.#running;
    const [next] = this.#left.splice(this.#random.between(0, this.#left.length - 1), 1);
    if (next === undefined) return;
    const { view, wanted } = next;
    const leader =
      wanted.kind === "trace" && this.#random.chance(0.7) ? this.#leaderFor(view, wanted.place) : undefined;
    const { to, data, value = 0n } = view.call(leader === undefined ? wanted : { ...wanted, ...leader }, PLENTY);
    const account = this.#random.pick(this.#accounts);
    const nonce = this.#nonces.get(account) as number;
    this.#nonces.set(account, nonce + 1);
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0n, type: 2 };
    const signed = await (accountAt(account) as unknown as Wallet).signTransaction({
      ...{ to, data, value, nonce, gasLimit: GAS_LIMIT, chainId: network.chainId },
      ...fees,
    });
    await chain.provider.send("eth_sendRawTransaction", [signed]);
    this.sent++;
  }

  /** An open chunk demand of the same shard whose turn has not begun. */
  #leaderFor({ known, dispute }: HostileView, place: number): { leader: LeaderPlace } | undefined {
    const { answerPeriod, turn } = this.#clocks;
    if (!isChunk(known.shape, "trace", place)) return undefined;
    const shard = shardOf(known.shape, place);
    for (const { what, deadline } of openDemands(dispute)) {
      if (what.kind !== "trace" || !isChunk(known.shape, "trace", what.place)) continue;
      const isWaiting = this.#now + LAST_MINUTE <= deadline - answerPeriod - turn;
      if (isWaiting && shardOf(known.shape, what.place) === shard) {
        return { leader: { place: what.place, hash: what.hash } };
      }
    }
    return undefined;
  }

  /** To where all windows are about to end; slowly while the worker has something to do. */
  async #jumpToLastMinute(): Promise<void> {
    const end = Math.min(...this.#views.map(({ of }) => of.unit.windowEnd)) - LAST_MINUTE;
    const usual = this.#time.blockSeconds;
    for (;;) {
      await this.look();
      if (this.#now >= end) break;
      this.#time.blockSeconds = this.#isBusy() ? 2 : Math.max(1, Math.min(60, end - this.#now));
      await delay(LOOK_MS);
    }
    this.#time.blockSeconds = Math.min(1, usual);
  }
}
