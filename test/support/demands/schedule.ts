import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { ContractTransactionReceipt } from "ethers";

import {
  ancestor,
  chunkPlace,
  depthOf,
  isChunk,
  nodePlace,
  ROOT,
  shardOf,
  subjectOf,
  type Place,
  type Tree,
} from "@orion/protocol/disputes";
import { MAX_SPAN, treeDepth } from "@orion/protocol/tensor";

import { Random } from "../../unit/tensor/random.ts";
import type { ClaimFixture } from "../claim-fixture.ts";
import type { Block } from "../claim-view.ts";
import { LARGE_CHUNKS, NODE, STANDARD, WINDOW, type DisputeFixture, type RecordedClaim } from "../dispute-fixture.ts";
import { SlowWorker } from "./slow-worker.ts";

/** What one schedule came to. */
export interface ScheduleOutcome {
  readonly demands: number;
  /** Demands that the judge did not take: made twice, answered elsewhere, too late, without an anchor. */
  readonly refused: number;
  /** Wei. */
  readonly prepaid: bigint;
  readonly earned: bigint;
  /** Gas of all demands, and of all answers. */
  readonly demandGas: bigint;
  readonly answerGas: bigint;
}

type Ask =
  | { readonly kind: "trace"; readonly shard: number }
  | { readonly kind: "place"; readonly tree: Tree; readonly place: Place }
  | { readonly kind: "block"; readonly block: Block };

interface Open {
  readonly claim: RecordedClaim;
  readonly ask: Ask;
  readonly subject: string;
  readonly deadline: number;
}

/** Part of its turn that the worker needs for a computation, as its rules allow. */
const PART = 4;
const MOST_DEMANDS = 40;

/**
 * Plays demands of three accounts on two claims of one worker, at random places and times, many in the last seconds; the worker needs a quarter of a turn for each computation and gives its answers
 * as late as it may. @throws Error where an answer comes too late, or the books do not agree
 */
export class Schedule {
  readonly #f: DisputeFixture;
  readonly #r: Random;
  readonly #claims: RecordedClaim[] = [];
  readonly #open = new Map<string, Open>();
  readonly #subjects = new Map<RecordedClaim, string[]>();
  readonly #traced = new Set<string>();
  /** Seconds at which a block is planned. */
  readonly #taken = new Set<number>();
  readonly #answers = new Map<string, number>();
  readonly #worker: SlowWorker;
  readonly #turn: number;
  #now = 0;
  readonly #bill = { demands: 0, refused: 0, prepaid: 0n, burned: 0n, demandGas: 0n, answerGas: 0n };

  private constructor(f: DisputeFixture, seed: number, turn: number) {
    this.#f = f;
    this.#r = new Random(seed);
    this.#turn = turn;
    this.#worker = new SlowWorker(Math.floor(turn / PART));
  }

  static async play(f: DisputeFixture, fixtures: readonly ClaimFixture[], seed: number): Promise<ScheduleOutcome> {
    await f.reset();
    const [{ facts }] = fixtures as [ClaimFixture];
    const turn = Number(await f.disputes.traceTime(STANDARD, facts.to - facts.from));
    const schedule = new Schedule(f, seed, turn);
    for (const fixture of fixtures) {
      const windowEnd = (await f.now()) + WINDOW * schedule.#r.between(1, 20);
      const claim = await f.record(fixture, { windowEnd });
      schedule.#claims.push(claim);
      schedule.#subjects.set(claim, []);
    }
    await schedule.#run();
    return schedule.#settle();
  }

  async #run(): Promise<void> {
    const r = this.#r;
    const length = r.between(5, MOST_DEMANDS);
    this.#now = await this.#f.now();
    let at = this.#now + 1;
    if (r.chance(0.3)) at = Math.min(...this.#claims.map(({ facts }) => facts.windowEnd)) - r.between(1, 40);
    for (let i = 0; i < length; i++) {
      const second = this.#free(Math.max(at, this.#now) + 1, 1);
      await this.#answerUntil(second);
      await this.#demand(second);
      at += r.chance(0.5) ? r.between(0, 3) : r.between(0, 900);
    }
    await this.#answerUntil(Infinity);
  }

  /** A second at which no block is planned, from this one on or back. */
  #free(from: number, step: 1 | -1): number {
    let at = from;
    while (this.#taken.has(at)) at += step;
    this.#taken.add(at);
    return at;
  }

  async #demand(at: number): Promise<void> {
    const f = this.#f;
    const r = this.#r;
    const claim = r.pick(this.#claims);
    const from = r.pick([f.challenger, f.friend, f.stranger]);
    const ask = this.#choose(claim);
    await f.at(at);
    this.#now = at;
    let receipt: ContractTransactionReceipt;
    try {
      receipt = (await (await this.#sent(claim, ask, from)).wait()) as ContractTransactionReceipt;
    } catch (error) {
      if (!String(error).includes("reverted")) throw error;
      this.#bill.refused++;
      await f.helpers.mine();
      return;
    }
    const { deadline, price } = this.#eventIn(receipt);
    const subject = this.#subjectOf(claim, ask);
    const computes = ask.kind === "trace" || (ask.kind === "place" && isChunk(claim.shape, ask.tree, ask.place));
    const { priced } = await f.disputes.demandOf(f.market, claim.key, subject);
    const joined = priced >> 31n === 0n;
    this.#bill.demands++;
    this.#bill.prepaid += price;
    this.#bill.demandGas += receipt.gasUsed;
    if (computes && !joined) this.#bill.burned += price / 5n;
    this.#subjects.get(claim)?.push(subject);
    const name = `${claim.key}:${subject}`;
    this.#open.set(name, { claim, ask, subject, deadline });
    const computation = computes ? `${claim.key}:${ask.kind}:${String(this.#shardOf(claim, ask))}` : undefined;
    const turn = ask.kind === "place" && computes ? deadline - f.profile.answerPeriod - this.#turn : at;
    this.#worker.demanded({ name, deadline, computation, turn }, at);
    this.#plan();
  }

  #choose(claim: RecordedClaim): Ask {
    const r = this.#r;
    const { from, to } = claim.facts;
    const shard = r.between(0, to - from - 1);
    const kind = r.between(0, 9);
    if (kind === 0) return { kind: "place", tree: "outputs", place: ROOT };
    const output = r.between(0, claim.fixture.program.outputNodes.length - 1);
    if (kind <= 2) return { kind: "block", block: { shard: from + shard, output, index: r.between(0, 12) } };
    if (kind <= 4 || !this.#traced.has(`${claim.key}:${String(shard)}`)) return { kind: "trace", shard };
    const node = r.pick([NODE.roots, NODE.sums, NODE.output]);
    const first = chunkPlace(claim.shape, shard, node, 0);
    const chunk = first + (node === NODE.sums ? 0 : r.between(0, LARGE_CHUNKS - 1));
    return { kind: "place", tree: "trace", place: r.pick(wayDown(claim, shard, node, chunk)) };
  }

  async #sent(claim: RecordedClaim, ask: Ask, from: HardhatEthersSigner) {
    const f = this.#f;
    if (ask.kind === "trace") return f.demandTrace(claim, ask.shard, { from });
    if (ask.kind === "block") return f.demandOutput(claim, ask.block, { from });
    const { tree, place } = ask;
    const leader = this.#leaderFor(claim, ask);
    // Mostly the path up to the shard's root; the shorter ones hold where something above was answered.
    const most = claim.levelsToRoot(tree, place);
    const levels = this.#r.chance(0.3) ? this.#r.between(Math.min(1, most), most) : most;
    return f.demand(claim, tree, place, { from, levels, ...(leader === undefined ? {} : { leader }) });
  }

  /** An open chunk demand of the same shard, whether it may be joined or not. */
  #leaderFor(claim: RecordedClaim, ask: Ask): { place: bigint; hash: string } | undefined {
    if (ask.kind !== "place" || !isChunk(claim.shape, ask.tree, ask.place) || this.#r.chance(0.5)) return undefined;
    const shard = this.#shardOf(claim, ask);
    for (const open of this.#open.values()) {
      if (open.claim !== claim || open.ask.kind !== "place" || this.#shardOf(claim, open.ask) !== shard) continue;
      if (isChunk(claim.shape, open.ask.tree, open.ask.place)) {
        return { place: BigInt(open.ask.place), hash: claim.hash("trace", open.ask.place) };
      }
    }
    return undefined;
  }

  /** When each answer that is ready goes out: mostly in the last seconds. */
  #plan(): void {
    for (const [name, { due, since }] of this.#worker.ready) {
      if (this.#answers.has(name)) continue;
      const { deadline } = due;
      if (since >= deadline) throw new Error(`what was due at ${String(deadline)} is computed at ${String(since)}`);
      const wish = this.#r.chance(0.7) ? deadline - this.#r.between(0, 3) : this.#r.between(since + 1, deadline);
      const back = this.#free(wish, -1);
      this.#answers.set(name, back > this.#now ? back : this.#free(this.#now + 1, 1));
    }
  }

  /** Computes and answers whatever comes before that second. */
  async #answerUntil(until: number): Promise<void> {
    for (;;) {
      const [name, at] = [...this.#answers].reduce<[string, number]>(
        (first, one) => (one[1] < first[1] ? one : first),
        ["", Infinity],
      );
      const next = Math.min(at, this.#worker.next);
      if (next > until || next === Infinity) return;
      if (this.#worker.next <= at) {
        this.#now = Math.max(this.#now, this.#worker.next);
        this.#worker.pass(this.#now);
        this.#plan();
      } else {
        this.#now = at;
        await this.#answer(name, at);
      }
    }
  }

  async #answer(name: string, at: number): Promise<void> {
    const f = this.#f;
    const { claim, ask, deadline } = this.#open.get(name) as Open;
    if (at > deadline) throw new Error(`what was due at ${String(deadline)} is answered at ${String(at)}`);
    this.#answers.delete(name);
    this.#worker.ready.delete(name);
    this.#open.delete(name);
    await f.at(at);
    const sending =
      ask.kind === "trace"
        ? f.respondTrace(claim, ask.shard)
        : ask.kind === "block"
          ? f.respondOutput(claim, ask.block)
          : f.respond(claim, ask.tree, ask.place);
    this.#bill.answerGas += (await (await sending).wait())?.gasUsed ?? 0n;
    if (ask.kind === "trace") this.#traced.add(`${claim.key}:${String(ask.shard)}`);
  }

  /** Closes the claims as soon as they may be, and hands out what was prepaid. */
  async #settle(): Promise<ScheduleOutcome> {
    const f = this.#f;
    const { disputes, market } = f;
    const { demands, refused, prepaid, burned, demandGas, answerGas } = this.#bill;
    for (const claim of this.#claims) {
      const { fallen, open, holdUntil } = await disputes.outcome(market, claim.key);
      expect([fallen, open], "fallen, open").to.deep.equal([0n, 0n]);
      const latest = this.#latestOf(claim);
      expect(Number(holdUntil), "hold").to.be.at.most(latest);
      const end = Math.max(Number(holdUntil), claim.facts.windowEnd);
      if ((await f.now()) <= end) await f.time.increaseTo(end + 1);
      await disputes.connect(market).closeClaim(claim.key, f.worker);
      const subjects = this.#subjects.get(claim) as string[];
      // Of a claim that nobody has challenged nothing is known, and nothing was prepaid.
      if (subjects.length > 0) await disputes.returnPrepayments(market, claim.key, subjects);
    }
    const earned = await disputes.balanceOf(f.worker);
    expect(earned, "what the worker earned").to.equal(prepaid - burned);
    const owed = await Promise.all([f.challenger, f.friend, f.stranger].map((one) => disputes.balanceOf(one)));
    const held = await f.ethers.provider.getBalance(disputes);
    expect(held, "what the judge holds").to.equal(owed.reduce((sum, one) => sum + one, earned + burned));
    return { demands, refused, prepaid, earned, demandGas, answerGas };
  }

  /** The end of the longest dispute that a claim can have, with everything in the worker's queue that was ever demanded. */
  #latestOf({ shape, facts }: RecordedClaim): number {
    const { answerPeriod: C, descendPeriod: T } = this.#f.profile;
    const answers = (count: number): number => Math.ceil(treeDepth(count) / MAX_SPAN);
    const hashes = answers(shape.nodes) - 1 + Math.max(...shape.leaves.map(answers));
    const queue = this.#bill.demands * this.#turn;
    return facts.windowEnd + answers(shape.shards) * (C + T) + 2 * (queue + C + T) + hashes * (C + T);
  }

  #shardOf(claim: RecordedClaim, ask: Ask): number | undefined {
    if (ask.kind === "trace") return ask.shard;
    if (ask.kind === "block") return ask.block.shard - claim.facts.from;
    return ask.tree === "trace" ? shardOf(claim.shape, ask.place) : undefined;
  }

  #subjectOf(claim: RecordedClaim, ask: Ask): string {
    if (ask.kind === "trace") return claim.traceSubject(ask.shard);
    if (ask.kind === "place") return claim.subject(ask.tree, ask.place);
    return subjectOf({ kind: "block", block: ask.block }, claim.shape, claim.facts.from);
  }

  #eventIn({ logs }: ContractTransactionReceipt): { deadline: number; price: bigint } {
    for (const log of logs) {
      const { args } = this.#f.disputes.interface.parseLog(log) ?? {};
      const found = args?.toObject() as { deadline?: bigint; price?: bigint } | undefined;
      if (found?.deadline !== undefined) return { deadline: Number(found.deadline), price: found.price as bigint };
    }
    throw new Error("no event of the demand");
  }
}

/** Places at which an answer ends, from a node's root to one of its chunks. */
function wayDown({ shape }: RecordedClaim, shard: number, node: number, chunk: Place): Place[] {
  const top = depthOf(nodePlace(shape, shard, node));
  const depth = depthOf(chunk);
  const stops = new Set([top, Math.min(top + MAX_SPAN, depth), depth]);
  return [...stops].map((at) => ancestor(chunk, depth - at));
}
