import { AbiCoder, keccak256 } from "ethers";

import type { MarketEvent } from "../chain/index.ts";
import { placeFromChain, placeOnChain, shardPlace, traceDemandOnChain, type ClaimShape, type Place } from "./place.ts";

/** Up to 16 chunks of one output of one shard (absolute shard): those from 16 · index on. */
export interface OutputBlock {
  readonly shard: number;
  /** Index among the program's outputs. */
  readonly output: number;
  readonly index: number;
}

/** What was demanded. */
export type Subject =
  /** What lies under a hash of the outputs tree. */
  | { readonly kind: "outputs"; readonly place: Place; readonly hash: string }
  /** What lies under a hash of a shard's trace: hashes or a chunk. */
  | { readonly kind: "trace"; readonly place: Place; readonly hash: string }
  /** The trace of a shard (absolute); `leaf` is its leaf in the outputs tree. */
  | { readonly kind: "shard"; readonly shard: number; readonly leaf: string }
  /** Chunks of an output. */
  | { readonly kind: "block"; readonly block: OutputBlock };

/** One demand as the events tell. */
export interface DemandRecord {
  readonly what: Subject;
  readonly payer: string;
  readonly deadline: number;
  /** Wei that were prepaid. */
  readonly price: bigint;
  /** 0x-hex of the answer, once there is one; of a shard's trace the hashes below its root. */
  answer?: string;
  /** Root of the shard's trace that answered the demand for it. */
  shardRoot?: string;
  /** Block of the answer; its time decides how long children may be demanded. */
  answeredInBlock?: number;
}

/** What happened to one claim before the judge. */
export interface ClaimDispute {
  readonly market: string;
  readonly key: string;
  /** By `nameOf`, in the order in which they were made. */
  readonly demands: Map<string, DemandRecord>;
  /** Subjects whose prepayment was returned. */
  readonly returned: Set<string>;
  proof?: {
    prover: string;
    finder: string;
    kind: number;
    shard: number;
    node: number;
    position: bigint;
    claimed: bigint;
    actual: bigint;
    transaction: string;
  };
  /** The subject that was not answered in time. */
  timedOut?: string;
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
    const claim = this.claims.get(id) ?? newDispute(market, key);
    this.claims.set(id, claim);
    APPLY[event.name]?.(claim, event.args, event);
  }
}

export function newDispute(market: string, key: string): ClaimDispute {
  return { market, key, demands: new Map<string, DemandRecord>(), returned: new Set<string>(), fallen: false };
}

/** Tells the demands of one claim apart. */
export function nameOf(what: Subject): string {
  switch (what.kind) {
    case "outputs":
    case "trace":
      return `${what.kind}:${String(what.place)}:${what.hash}`;
    case "shard":
      return `shard:${String(what.shard)}`;
    case "block":
      return `block:${String(what.block.shard)}:${String(what.block.output)}:${String(what.block.index)}`;
  }
}

/** Demands that are neither answered nor overtaken by the claim's fall, in the order of their deadlines. */
export function openDemands(dispute: ClaimDispute | undefined): DemandRecord[] {
  if (dispute === undefined || dispute.fallen) return [];
  return [...dispute.demands.values()]
    .filter(({ answer }) => answer === undefined)
    .sort((a, b) => a.deadline - b.deadline);
}

/**
 * What the judge names a demand by.
 * @param shape of the claim; `from` is its first shard
 */
export function subjectOf(what: Subject, shape: Pick<ClaimShape, "shards">, from: number): string {
  switch (what.kind) {
    case "outputs":
    case "trace":
      return placedSubject(placeOnChain(what.kind, what.place), what.hash);
    case "shard": {
      const place = shardPlace({ shards: shape.shards, nodes: 1, leaves: [] }, what.shard - from);
      return placedSubject(traceDemandOnChain(place), what.leaf);
    }
    case "block": {
      const { shard, output, index } = what.block;
      return keccak256(CODER.encode(["uint32", "uint32", "uint32"], [shard, output, index]));
    }
  }
}

const CODER = AbiCoder.defaultAbiCoder();

function placedSubject(place: bigint, hash: string): string {
  return keccak256(CODER.encode(["uint64", "bytes32"], [place, hash]));
}

type Args = Record<string, unknown>;

function demanded(claim: ClaimDispute, what: Subject, { payer, deadline, price }: Args): void {
  // A demand that was made again after a reorganisation, or of an answer that is long ago, counts as the new one.
  claim.demands.delete(nameOf(what));
  claim.demands.set(nameOf(what), {
    what,
    payer: payer as string,
    deadline: Number(deadline),
    price: price as bigint,
  });
}

function answered(claim: ClaimDispute, name: string, data: unknown, event: MarketEvent, shardRoot?: string): void {
  const demand = claim.demands.get(name);
  if (demand === undefined) return;
  demand.answer = data as string;
  demand.answeredInBlock = event.block;
  if (shardRoot !== undefined) demand.shardRoot = shardRoot;
}

function placed({ place, hash }: Args): Subject {
  const at = placeFromChain(place as bigint);
  return { kind: at.tree, place: at.place, hash: hash as string };
}

function blockOf({ where }: Args): OutputBlock {
  const { shard, output, index } = where as { shard: bigint; output: bigint; index: bigint };
  return { shard: Number(shard), output: Number(output), index: Number(index) };
}

const APPLY: Record<string, (claim: ClaimDispute, args: Args, event: MarketEvent) => void> = {
  Demanded(claim, args) {
    demanded(claim, placed(args), args);
  },
  TraceDemanded(claim, args) {
    demanded(claim, { kind: "shard", shard: Number(args.shard), leaf: args.leaf as string }, args);
  },
  OutputDemanded(claim, args) {
    demanded(claim, { kind: "block", block: blockOf(args) }, args);
  },
  Answered(claim, args, event) {
    answered(claim, nameOf(placed(args)), args.data, event);
  },
  TraceAnswered(claim, args, event) {
    const name = nameOf({ kind: "shard", shard: Number(args.shard), leaf: "" });
    answered(claim, name, args.data, event, args.shardRoot as string);
  },
  OutputAnswered(claim, args, event) {
    answered(claim, nameOf({ kind: "block", block: blockOf(args) }), args.chunks, event);
  },
  TimedOut(claim, args) {
    claim.timedOut = args.subject as string;
    claim.fallen = true;
  },
  FraudProved(claim, args, event) {
    claim.fallen = true;
    claim.proof = {
      prover: args.prover as string,
      finder: args.finder as string,
      kind: Number(args.kind),
      shard: Number(args.shard),
      node: Number(args.node),
      position: args.position as bigint,
      claimed: args.claimed as bigint,
      actual: args.actual as bigint,
      transaction: event.transaction,
    };
  },
  PrepaymentReturned(claim, args) {
    claim.returned.add(args.subject as string);
  },
};
