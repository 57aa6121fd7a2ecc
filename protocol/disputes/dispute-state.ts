import { AbiCoder, keccak256 } from "ethers";

import type { MarketEvent } from "../chain/index.ts";
import type { Place } from "./place.ts";

/** Up to 16 contiguous chunks of one shard's output (absolute shard). */
export interface OutputRange {
  readonly shard: number;
  readonly first: number;
  readonly count: number;
}

/** One demand as the events tell; exactly one of `at` and `range` says what was demanded. */
export interface DemandRecord {
  readonly subject: string;
  readonly payer: string;
  readonly deadline: number;
  readonly at?: { readonly place: Place; readonly hash: string };
  readonly range?: OutputRange;
  /** 0x-hex of the answer, once there is one. */
  answer?: string;
  /** Block of the answer; its time decides how long children may be demanded. */
  answeredInBlock?: number;
  timedOut: boolean;
  returned: boolean;
}

/** What happened to one claim before the judge. */
export interface ClaimDispute {
  readonly market: string;
  readonly key: string;
  readonly demands: Map<string, DemandRecord>;
  proof?: {
    prover: string;
    finder: string;
    kind: number;
    node: number;
    position: bigint;
    claimed: bigint;
    actual: bigint;
    transaction: string;
  };
  fallen: boolean;
}

/** All disputes as a pure function of the judge's events. */
export class DisputeState {
  readonly claims = new Map<string, ClaimDispute>();

  /** The dispute of a claim, or undefined if nobody has ever touched it. */
  of(market: string, key: string): ClaimDispute | undefined {
    return this.claims.get(`${market}:${key}`);
  }

  apply(event: MarketEvent): void {
    const { market, key } = event.args as { market?: string; key?: string };
    if (market === undefined || key === undefined) return;
    const id = `${market}:${key}`;
    const claim = this.claims.get(id) ?? { market, key, demands: new Map<string, DemandRecord>(), fallen: false };
    this.claims.set(id, claim);
    APPLY[event.name]?.(claim, event.args, event);
  }
}

/** `keccak256(abi.encode(place, hash))`: what a demand at a place is named by. */
export function subjectOf(place: Place, hash: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "bytes32"], [place, hash]));
}

/** `keccak256(abi.encode(shard, first, count))`: what a demand for output chunks is named by. */
export function outputSubjectOf(range: OutputRange): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(["uint32", "uint32", "uint32"], [range.shard, range.first, range.count]),
  );
}

type Args = Record<string, unknown>;

function rangeOf(args: Args): OutputRange {
  const { shard, first, count } = args.range as { shard: bigint; first: bigint; count: bigint };
  return { shard: Number(shard), first: Number(first), count: Number(count) };
}

function answer(claim: ClaimDispute, subject: string, data: string, event: MarketEvent): void {
  const demand = claim.demands.get(subject);
  if (demand === undefined) return;
  demand.answer = data;
  demand.answeredInBlock = event.block;
}

const APPLY: Record<string, (claim: ClaimDispute, args: Args, event: MarketEvent) => void> = {
  Demanded(claim, args) {
    const at = { place: Number(args.place), hash: args.hash as string };
    const subject = subjectOf(at.place, at.hash);
    const deadline = Number(args.deadline);
    claim.demands.set(subject, {
      subject,
      payer: args.payer as string,
      deadline,
      at,
      timedOut: false,
      returned: false,
    });
  },
  OutputDemanded(claim, args) {
    const range = rangeOf(args);
    const subject = outputSubjectOf(range);
    const deadline = Number(args.deadline);
    claim.demands.set(subject, {
      subject,
      payer: args.payer as string,
      deadline,
      range,
      timedOut: false,
      returned: false,
    });
  },
  Answered(claim, args, event) {
    answer(claim, subjectOf(Number(args.place), args.hash as string), args.data as string, event);
  },
  OutputAnswered(claim, args, event) {
    answer(claim, outputSubjectOf(rangeOf(args)), args.chunks as string, event);
  },
  TimedOut(claim, args) {
    const demand = claim.demands.get(args.subject as string);
    if (demand !== undefined) demand.timedOut = true;
    claim.fallen = true;
  },
  FraudProved(claim, args, event) {
    claim.fallen = true;
    claim.proof = {
      prover: args.prover as string,
      finder: args.finder as string,
      kind: Number(args.kind),
      node: Number(args.node),
      position: args.position as bigint,
      claimed: args.claimed as bigint,
      actual: args.actual as bigint,
      transaction: event.transaction,
    };
  },
  PrepaymentReturned(claim, args) {
    const demand = claim.demands.get(args.subject as string);
    if (demand !== undefined) demand.returned = true;
  },
};
