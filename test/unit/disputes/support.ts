import {
  demandTop,
  isComputeDemand,
  KnownClaim,
  nameOf,
  newDispute,
  nextMove,
  shardDepth,
  traceHash,
  type ClaimDispute,
  type ClaimShape,
  type Move,
  type OwnHash,
  type OwnTrace,
  type Situation,
  type Subject,
} from "@orion/protocol/disputes";
import { toHex } from "@orion/protocol/common";
import {
  chunkCount,
  outputsTree,
  shardLeaf,
  shardTrace,
  tensorLeaves,
  tensorRoot,
  type Program,
} from "@orion/protocol/tensor";

import { LyingClaim, type Lies } from "../../support/lying-claim.ts";

/** A claim over given bytes: a descent looks at hashes only, so the program needs no more than its operators' names. */
export interface PureClaim {
  readonly shape: ClaimShape;
  readonly outputNodes: readonly number[];
  readonly program: Program;
  readonly traces: readonly OwnTrace[];
  /** The own computation of everything. */
  readonly own: OwnHash;
  readonly root: Uint8Array;
}

/** First shard of the claims here: places count within the claim, shards of demands within the job. */
export const FROM = 3;

/** @param tensors by shard and node; the first node is an input, the rest are computed */
export function pureClaim(tensors: readonly (readonly Uint8Array[])[], outputNodes: readonly number[]): PureClaim {
  const traces = tensors.map((nodes): OwnTrace => {
    const at = (node: number): Uint8Array => nodes[node] as Uint8Array;
    const tree = shardTrace(
      nodes.map((bytes) => tensorRoot(bytes)),
      (node) => tensorLeaves(at(node)),
    );
    return { tree, tensors: at };
  });
  const first = tensors[0] as readonly Uint8Array[];
  const shape = {
    shards: tensors.length,
    nodes: first.length,
    leaves: first.map((bytes) => chunkCount(bytes.length)),
  };
  const leaves = tensors.map((nodes) => shardLeaf(outputNodes.map((node) => tensorRoot(nodes[node] as Uint8Array))));
  const tree = outputsTree(leaves);
  const ops = first.map((_, i) => ({ op: i === 0 ? "input" : "add" }));
  const own: OwnHash = (name, place) => {
    const depth = Math.floor(Math.log2(place));
    if (name === "outputs") return tree.hash(shardDepth(shape) - depth, place - 2 ** depth);
    const shard = Math.floor(place / 2 ** (depth - shardDepth(shape))) - 2 ** shardDepth(shape);
    return traceHash(traces[shard] as OwnTrace, shape, place);
  };
  const program = { nodes: ops, outputNodes } as unknown as Program;
  return { shape, outputNodes, program, traces, own, root: tree.root };
}

/** Different bytes for every seed. */
export function someBytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 17) & 0xff);
}

export function lyingClaim({ shape, outputNodes, traces }: PureClaim, lies: Partial<Lies>): LyingClaim {
  return new LyingClaim(shape, outputNodes, traces, lies);
}

/** Clocks of a game in which one move is made a second. */
export const CLOCKS = { windowEnd: 1_000, descendPeriod: 5, answerPeriod: 10, traceTime: 20 } as const;

/** Plays worker and challenger against each other by the state table, one move a second; the worker answers at once. */
export class Game {
  readonly known: KnownClaim;
  readonly dispute: ClaimDispute = newDispute("0x", "0x");
  readonly moves: Move[] = [];
  now = 0;
  readonly #honest: PureClaim;
  readonly #claimed: LyingClaim;
  readonly #own: OwnHash;
  readonly #clocks: { windowEnd: number; descendPeriod: number; answerPeriod: number; traceTime: number };

  constructor(
    honest: PureClaim,
    claimed: LyingClaim,
    options: { readonly own?: OwnHash; readonly clocks?: Partial<typeof CLOCKS> | Record<string, number> } = {},
  ) {
    this.#honest = honest;
    this.#claimed = claimed;
    this.#own = options.own ?? honest.own;
    this.#clocks = { ...CLOCKS, ...options.clocks };
    this.known = new KnownClaim(honest.shape, claimed.root);
  }

  get situation(): Situation {
    const { known, dispute, now } = this;
    const base = { known, own: this.#own, program: this.#honest.program, dispute, from: FROM, now };
    return { ...base, ...this.#clocks, timeOfBlock: (block) => block };
  }

  next(): Move {
    return nextMove(this.situation);
  }

  top(): Move {
    return demandTop(this.situation);
  }

  /** Records a demand as the chain would. */
  demand(what: Subject, deadline?: number): void {
    const record = { what, payer: "0x", price: 1n, deadline: this.now + CLOCKS.answerPeriod };
    const compute = isComputeDemand(this.known, record);
    const due = deadline ?? (compute ? record.deadline + CLOCKS.traceTime : record.deadline);
    this.dispute.demands.set(nameOf(what), { ...record, deadline: due });
  }

  /** The worker answers everything that it can. */
  answer(): void {
    for (const demand of this.dispute.demands.values()) {
      if (demand.answer !== undefined) continue;
      const shown = this.#claimed.shown(demand.what, FROM);
      if (shown !== undefined) Object.assign(demand, shown, { answeredInBlock: this.now });
    }
  }

  /** Makes a move, whatever it is. */
  make(move: Move): void {
    this.moves.push(move);
    if (move.type === "demand") this.demand({ kind: move.tree, place: move.place, hash: toHex(move.hash) });
    if (move.type === "demandTrace") this.demand({ kind: "shard", shard: move.shard + FROM, leaf: toHex(move.leaf) });
  }

  /** Plays until the challenger can prove, or has nothing more to do; returns the last move. */
  play(): Move {
    for (let round = 0; round < 64; round++) {
      const move = this.next();
      this.make(move);
      if (move.type !== "demand" && move.type !== "demandTrace" && move.type !== "wait") return move;
      if (move.type === "wait") this.now = move.until;
      this.answer();
      this.now++;
    }
    throw new Error("the descent does not end");
  }
}
