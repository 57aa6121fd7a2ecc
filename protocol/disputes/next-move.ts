import { fromHex, toHex } from "../common/hex.ts";
import type { Program } from "../tensor/index.ts";
import type { ClaimDispute, DemandRecord } from "./dispute-state.ts";
import { subjectOf } from "./dispute-state.ts";
import { firstDifference, type Difference, type OwnHash } from "./first-difference.ts";
import type { KnownClaim } from "./known-claim.ts";
import { ancestor, depthOf, spanOf, type Place } from "./place.ts";

/** What a challenger does next about one claim. */
export type Move =
  /** Nothing: the claim is right, or has fallen already. */
  | { readonly type: "none" }
  /** Everything for a one-transaction proof is at hand. */
  | { readonly type: "prove"; readonly difference: Exclude<Difference, { kind: "none" | "unknown" }> }
  /** Ask for what lies under this hash; `path` leads to an anchor `path.length` levels up. */
  | { readonly type: "demand"; readonly place: Place; readonly hash: Uint8Array; readonly path: Uint8Array[] }
  /** The worker has not answered: the claim can be ended now. */
  | { readonly type: "timeout"; readonly subject: string }
  /** An answer is due until `until` (chain time, seconds). */
  | { readonly type: "wait"; readonly until: number }
  /** The claim is wrong, but what lies under this hash can no longer be demanded: every deadline has passed. */
  | { readonly type: "late"; readonly place: Place; readonly hash: Uint8Array };

export interface Situation {
  readonly known: KnownClaim;
  readonly own: OwnHash;
  readonly program: Program;
  readonly dispute: ClaimDispute | undefined;
  /** Chain time in seconds. */
  readonly now: number;
  readonly windowEnd: number;
  readonly descendPeriod: number;
  /** Chain time of a block. */
  readonly timeOfBlock: (block: number) => number;
}

/** Takes everything that was answered on chain into what is known; answers of strangers count as well. */
export function learnAnswers(known: KnownClaim, dispute: ClaimDispute | undefined): void {
  const answered = [...(dispute?.demands.values() ?? [])].filter((d) => d.at !== undefined && d.answer !== undefined);
  // Parents stand on shallower places than their children.
  answered.sort((a, b) => (a.at?.place ?? 0) - (b.at?.place ?? 0));
  for (const demand of answered) learn(known, demand);
}

function learn(known: KnownClaim, { at, answer }: DemandRecord): void {
  if (at !== undefined && answer !== undefined) learnAnswer(known, at.place, fromHex(answer));
}

/** Learns what lies under a known place: its children's hashes, or the chunk. False if it does not hash to what is known. */
export function learnAnswer(known: KnownClaim, place: Place, bytes: Uint8Array): boolean {
  if (spanOf(known.shape, place) === 0) return known.learnChunk(place, bytes);
  const children = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
  return known.learnChildren(place, children);
}

/**
 * The state table of a challenger, a pure function of chain and own computation: whoever asks, after whatever restart, gets the same move.
 * It goes on with anybody's descent: demands of strangers count as its own.
 */
export function nextMove(situation: Situation): Move {
  const { known, own, program, dispute, now } = situation;
  if (dispute?.fallen === true) return { type: "none" };
  learnAnswers(known, dispute);
  const difference = firstDifference(known, own, program);
  if (difference.kind === "none") return { type: "none" };
  if (difference.kind !== "unknown") return { type: "prove", difference };
  const { place, hash } = difference;
  const open = dispute?.demands.get(subjectOf(place, toHex(hash)));
  if (open !== undefined) {
    return now > open.deadline ? { type: "timeout", subject: open.subject } : { type: "wait", until: open.deadline };
  }
  const levels = anchorLevels(situation, place);
  const path = levels === undefined ? undefined : known.path(place, levels);
  return path === undefined ? { type: "late", place, hash } : { type: "demand", place, hash, path };
}

/** How many levels up the nearest place stands under which a demand is still allowed. */
function anchorLevels(situation: Situation, place: Place): number | undefined {
  const { known, dispute, now, descendPeriod, timeOfBlock } = situation;
  const depth = depthOf(place);
  for (let levels = 1; levels <= depth; levels++) {
    const above = ancestor(place, levels);
    const hash = known.hash(above);
    const parent = hash === undefined ? undefined : dispute?.demands.get(subjectOf(above, toHex(hash)));
    if (parent?.answeredInBlock !== undefined && now <= timeOfBlock(parent.answeredInBlock) + descendPeriod) {
      return levels;
    }
  }
  return now <= situation.windowEnd ? depth : undefined;
}
