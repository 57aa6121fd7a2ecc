import { fromHex, toHex } from "../common/hex.ts";
import type { Program } from "../tensor/index.ts";
import { nameOf, openDemands, subjectOf, type ClaimDispute, type DemandRecord, type Subject } from "./dispute-state.ts";
import { firstDifference, isProvable, type OwnHash, type Provable } from "./first-difference.ts";
import { hashesOf, type KnownClaim } from "./known-claim.ts";
import { ancestor, depthOf, isChunk, shardDepth, shardOf, shardPlace, spanOf, type Place, type Tree } from "./place.ts";

/** An open chunk demand whose deadline another one of its shard may share. */
export interface LeaderPlace {
  readonly place: Place;
  readonly hash: string;
}

/** What a challenger does next about one claim. */
export type Move =
  /** Nothing: nothing known contradicts the own computation, or the claim has fallen already. */
  | { readonly type: "none" }
  /** The own trace of this shard (relative to the claim) is needed for the next move. */
  | { readonly type: "trace"; readonly shard: number }
  /** Everything for a one-transaction proof is at hand. */
  | { readonly type: "prove"; readonly difference: Provable }
  /** Ask for what lies under this hash; `path` leads to an anchor `path.length` levels up. */
  | {
      readonly type: "demand";
      readonly tree: Tree;
      readonly place: Place;
      readonly hash: Uint8Array;
      readonly path: Uint8Array[];
      readonly leader?: LeaderPlace;
    }
  /** Ask the worker to commit to the trace of this shard (relative to the claim); `path` leads to an anchor in the outputs tree. */
  | { readonly type: "demandTrace"; readonly shard: number; readonly leaf: Uint8Array; readonly path: Uint8Array[] }
  /** The worker has not answered: the claim can be ended now. */
  | { readonly type: "timeout"; readonly subject: string }
  /** An answer is due until `until` (chain time, seconds). */
  | { readonly type: "wait"; readonly until: number }
  /** The claim is wrong, but what lies there can no longer be demanded: every deadline has passed. */
  | { readonly type: "late"; readonly tree: Tree; readonly place: Place; readonly hash: Uint8Array };

export interface Situation {
  readonly known: KnownClaim;
  readonly own: OwnHash;
  readonly program: Program;
  readonly dispute: ClaimDispute | undefined;
  /** First shard of the claim. */
  readonly from: number;
  /** Chain time in seconds. */
  readonly now: number;
  readonly windowEnd: number;
  readonly descendPeriod: number;
  readonly answerPeriod: number;
  /** Seconds that one compute demand of this claim takes in the worker's queue. */
  readonly traceTime: number;
  /** Chain time of a block. */
  readonly timeOfBlock: (block: number) => number;
}

/** Takes everything that was answered on chain into what is known; answers of strangers count as well. `from` is the claim's first shard. */
export function learnAnswers(known: KnownClaim, dispute: ClaimDispute | undefined, from: number): void {
  const answered = [...(dispute?.demands.values() ?? [])].filter(({ answer }) => answer !== undefined);
  // What stands above is answered before what lies below it can be demanded.
  answered.sort((a, b) => depthIn(known, a.what) - depthIn(known, b.what));
  for (const { what, answer, shardRoot } of answered) {
    const bytes = fromHex(answer as string);
    if (what.kind === "shard" && shardRoot !== undefined) {
      known.learnTrace(what.shard - from, fromHex(shardRoot, 32), bytes);
    } else if (what.kind === "outputs" || what.kind === "trace") {
      learnAnswer(known, what.kind, what.place, bytes);
    }
  }
}

function depthIn({ shape }: KnownClaim, what: Subject): number {
  if (what.kind === "outputs" || what.kind === "trace") return depthOf(what.place);
  return shardDepth(shape) - 0.5;
}

/** Learns what lies under a known place: its children's hashes, or the chunk. False if it does not hash to what is known. */
export function learnAnswer(known: KnownClaim, tree: Tree, place: Place, bytes: Uint8Array): boolean {
  if (isChunk(known.shape, tree, place)) return known.learnChunk(place, bytes);
  return known.learnChildren(tree, place, hashesOf(bytes));
}

/**
 * The state table of a challenger, a pure function of chain and own computation: whoever asks, after whatever restart, gets the same move.
 * It goes on with anybody's descent: demands of strangers count as its own.
 */
export function nextMove(situation: Situation): Move {
  const { known, own, program, dispute, now, from } = situation;
  if (dispute?.fallen === true) return { type: "none" };
  learnAnswers(known, dispute, from);
  const difference = firstDifference(known, own, program);
  if (difference.kind === "none") return { type: "none" };
  if (isProvable(difference)) return { type: "prove", difference };
  const overdue = openDemands(dispute).find(({ deadline }) => now > deadline);
  if (overdue !== undefined) {
    return { type: "timeout", subject: subjectOf(overdue.what, known.shape, from) };
  }
  if (difference.kind === "trace needed") return { type: "trace", shard: difference.shard };
  if (difference.kind === "untraced") {
    return demandTrace(situation, difference.place, difference.shard, difference.leaf);
  }
  return demand(situation, difference.tree, difference.place, difference.hash);
}

/** Asks for the top of the outputs tree, where nothing was published: what it takes to compare shard by shard. */
export function demandTop(situation: Situation): Move {
  const { known, dispute, now, from } = situation;
  learnAnswers(known, dispute, from);
  if (dispute?.fallen === true || depthOf(shardPlace(known.shape, 0)) === 0) return { type: "none" };
  if (known.hash("outputs", 2) !== undefined) return { type: "none" };
  const overdue = openDemands(dispute).find(({ deadline }) => now > deadline);
  if (overdue !== undefined) {
    return { type: "timeout", subject: subjectOf(overdue.what, known.shape, from) };
  }
  return demand(situation, "outputs", 1, known.hash("outputs", 1) as Uint8Array);
}

function demandTrace(situation: Situation, place: Place, shard: number, leaf: Uint8Array): Move {
  const { known, dispute, from } = situation;
  const open = dispute?.demands.get(nameOf({ kind: "shard", shard: shard + from, leaf: toHex(leaf) }));
  if (open !== undefined) return { type: "wait", until: open.deadline };
  const levels = outputsAnchor(situation, place);
  const path = levels === undefined ? undefined : known.path("outputs", place, levels);
  return path === undefined
    ? { type: "late", tree: "outputs", place, hash: leaf }
    : { type: "demandTrace", shard, leaf, path };
}

function demand(situation: Situation, tree: Tree, place: Place, hash: Uint8Array): Move {
  const { known, dispute } = situation;
  const open = dispute?.demands.get(nameOf({ kind: tree, place, hash: toHex(hash) }));
  if (open !== undefined && open.answer === undefined) return { type: "wait", until: open.deadline };
  const levels = tree === "outputs" ? outputsAnchor(situation, place) : traceAnchor(situation, place);
  const path = levels === undefined ? undefined : known.path(tree, place, levels);
  if (path === undefined) return { type: "late", tree, place, hash };
  const leader = isChunk(known.shape, tree, place) ? leaderOf(situation, shardOf(known.shape, place)) : undefined;
  return { type: "demand", tree, place, hash, path, ...(leader === undefined ? {} : { leader }) };
}

/** How many levels up the nearest answered place of the outputs tree stands, or its root inside the window. */
function outputsAnchor(situation: Situation, place: Place): number | undefined {
  const depth = depthOf(place);
  for (let levels = 1; levels <= depth; levels++) {
    if (isAnchor(situation, "outputs", ancestor(place, levels))) return levels;
  }
  return situation.now <= situation.windowEnd ? depth : undefined;
}

/** How many levels up the nearest place of the trace stands under which a demand is still allowed; the outputs root is none. */
function traceAnchor(situation: Situation, place: Place): number | undefined {
  const { known, dispute, now, descendPeriod, timeOfBlock, windowEnd, from } = situation;
  const toShard = depthOf(place) - shardDepth(known.shape);
  for (let levels = 1; levels <= toShard; levels++) {
    if (isAnchor(situation, "trace", ancestor(place, levels))) return levels;
  }
  const shard = shardOf(known.shape, place) + from;
  const answered = dispute?.demands.get(nameOf({ kind: "shard", shard, leaf: "" }))?.answeredInBlock;
  // The answered root of a shard is an anchor as long as the window lasts, whoever asked for it, however early.
  const lasts = answered === undefined ? undefined : Math.max(windowEnd, timeOfBlock(answered) + descendPeriod);
  return toShard > 0 && lasts !== undefined && now <= lasts ? toShard : undefined;
}

function isAnchor({ known, dispute, now, descendPeriod, timeOfBlock }: Situation, tree: Tree, place: Place): boolean {
  const hash = known.hash(tree, place);
  if (hash === undefined || spanOf(known.shape, tree, place) === 0) return false;
  const answered = dispute?.demands.get(nameOf({ kind: tree, place, hash: toHex(hash) }))?.answeredInBlock;
  return answered !== undefined && now <= timeOfBlock(answered) + descendPeriod;
}

/** Open demands of a claim that may share a place in the queue, by the judge. */
export const MOST_JOINED = 256;

/**
 * The open chunk demand of a shard (relative to the claim) whose deadline another may share: its turn has not begun. None while the claim has as many that share
 * one as it may: a place of one's own is always to be had.
 */
function leaderOf(situation: Situation, shard: number): LeaderPlace | undefined {
  const { known, dispute, now, answerPeriod, traceTime } = situation;
  const seen = new Set<string>();
  let leader: LeaderPlace | undefined;
  let joined = 0;
  for (const { what, deadline, answer } of dispute?.demands.values() ?? []) {
    if (what.kind !== "trace" || !isChunk(known.shape, "trace", what.place)) continue;
    const itsShard = shardOf(known.shape, what.place);
    const turn = `${String(itsShard)}:${String(deadline)}`;
    // Who joined a leader has its deadline, and comes after it.
    if (seen.has(turn)) {
      if (answer === undefined) joined++;
      continue;
    }
    seen.add(turn);
    const isOpen = answer === undefined && now <= deadline - answerPeriod - traceTime;
    if (isOpen && itsShard === shard) leader ??= { place: what.place, hash: what.hash };
  }
  return joined < MOST_JOINED ? leader : undefined;
}

/** Whether a demand holds a place in the worker's queue or shares one: it obliges the worker to compute. */
export function isComputeDemand(known: Pick<KnownClaim, "shape">, { what }: DemandRecord): boolean {
  return what.kind === "shard" || (what.kind === "trace" && isChunk(known.shape, "trace", what.place));
}
