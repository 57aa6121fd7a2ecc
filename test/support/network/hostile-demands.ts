import type { Call, UnitRecord } from "@orion/protocol/chain";
import { fromHex } from "@orion/protocol/common";
import {
  BLOCK_CHUNKS,
  chunkPlace,
  claimShape,
  demandCall,
  demandOutputCall,
  demandTraceCall,
  depthOf,
  isChunk,
  KnownClaim,
  leavesOf,
  learnAnswers,
  nameOf,
  nodePlace,
  readDisputes,
  ROOT,
  shardDepth,
  shardOf,
  shardPlace,
  type Case,
  type ClaimDispute,
  type LeaderPlace,
  type OutputBlock,
  type Place,
} from "@orion/protocol/disputes";
import { cutDataset } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { encodeNpy, interpret, shardLeaf, tensorRoot, toBytes, treeDepth, type Tensor } from "@orion/protocol/tensor";

import { caseOf } from "./demand-trace.ts";
import type { TestNetwork } from "./test-network.ts";
import type { TinyJob } from "./tiny-job.ts";

/** What somebody asks of a claim. */
export type Wanted =
  | { readonly kind: "outputs"; readonly place: Place }
  /** Counted within the claim. */
  | { readonly kind: "shard"; readonly shard: number }
  | { readonly kind: "trace"; readonly place: Place; readonly leader?: LeaderPlace }
  | { readonly kind: "block"; readonly block: OutputBlock };

/** The right values of every shard of a job by node, as anybody can compute them. */
export function truthOf({ program, images }: Pick<TinyJob, "program" | "images">): Tensor[][] {
  const { constants } = program;
  const { shards, shard } = cutDataset(program, { shared: [], inputs: [encodeNpy(images)] });
  return Array.from({ length: shards }, (_, s) =>
    interpret(program.program, { constants, shared: [], shard: shard(s) }),
  );
}

/**
 * An honest claim before somebody who has computed it as well, and so knows every hash of it: nothing needs to be asked for first but the roots of traces, and the path of a demand may be as
 * long as it can be.
 */
export class HostileView {
  readonly of: Case;
  readonly known: KnownClaim;
  readonly #running: TestNetwork;
  readonly #truth: readonly (readonly Tensor[])[];
  readonly #sinceBlock: number;
  readonly #learned = new Set<number>();
  #dispute: ClaimDispute | undefined;

  /** @param truth of all shards of the job */
  constructor(running: TestNetwork, job: TinyJob, unit: UnitRecord, truth: readonly (readonly Tensor[])[]) {
    this.of = caseOf(running, job, unit);
    this.#running = running;
    this.#truth = truth.slice(unit.from, unit.to);
    this.#sinceBlock = running.network.deployBlock;
    const { outputNodes } = job.program.program;
    this.known = new KnownClaim(
      claimShape(job.program.program, unit.to - unit.from),
      fromHex(unit.outputsRoot, 32),
      nativeSha256,
    );
    const leaves = this.#truth.map((values) =>
      shardLeaf(
        outputNodes.map((node) => tensorRoot(toBytes(values[node] as Tensor), nativeSha256)),
        nativeSha256,
      ),
    );
    if (!this.known.learnLeaves(leaves)) throw new Error(`the claim ${unit.key} is not the right one`);
  }

  /** Learns what was demanded and answered on chain. */
  async refresh(): Promise<void> {
    const { unit } = this.of;
    const state = await readDisputes(this.#running.chain, [unit.key], this.#sinceBlock);
    this.see(state.of(this.#running.network.addresses.market, unit.key));
  }

  /** The same, of what somebody else has read. */
  see(dispute: ClaimDispute | undefined): void {
    const { program, unit } = this.of;
    this.#dispute = dispute;
    // It knows everything but the roots of the traces, which come with the first hashes below them.
    const traces = [...(dispute?.demands ?? [])].filter(
      ([, { what, answer }]) =>
        what.kind === "shard" && answer !== undefined && !this.#learned.has(what.shard - unit.from),
    );
    if (dispute !== undefined) learnAnswers(this.known, { ...dispute, demands: new Map(traces) }, unit.from);
    for (const [shard, values] of this.#truth.entries()) {
      if (this.#learned.has(shard) || this.known.shardRoot(shard) === undefined) continue;
      this.#learned.add(shard);
      for (const node of program.nodes.keys()) this.known.learnTensor(shard, node, toBytes(values[node] as Tensor));
    }
  }

  get dispute(): ClaimDispute | undefined {
    return this.#dispute;
  }

  /** Shards whose trace the worker has shown. */
  get traced(): number {
    return this.#learned.size;
  }

  /** Demands that nobody has answered yet. */
  get open(): number {
    return [...(this.#dispute?.demands.values() ?? [])].filter(({ answer }) => answer === undefined).length;
  }

  /** Everything that can be asked now and was not asked before. */
  wanted(): Wanted[] {
    const { shape } = this.known;
    const found: Wanted[] = shape.shards > 1 ? [{ kind: "outputs", place: ROOT }] : [];
    for (const [shard] of this.#truth.entries()) {
      found.push({ kind: "shard", shard }, ...this.#blocks(shard));
      const places = this.#learned.has(shard) ? this.#places(shard) : [];
      found.push(...places.map((place): Wanted => ({ kind: "trace", place })));
    }
    return found.filter((wanted) => !this.#isAsked(wanted));
  }

  /** @param value wei that are sent along; what is more than the price stays the sender's */
  call(wanted: Wanted, value: bigint): Call {
    const { known, of } = this;
    switch (wanted.kind) {
      case "block":
        return demandOutputCall(of, wanted.block, value);
      case "shard": {
        const place = shardPlace(known.shape, wanted.shard);
        const path = known.path("outputs", place, depthOf(place)) as Uint8Array[];
        return demandTraceCall(
          of,
          known.shape,
          { type: "demandTrace", shard: wanted.shard, leaf: known.leaf(wanted.shard) as Uint8Array, path },
          value,
        );
      }
      default: {
        const { kind: tree, place } = wanted;
        const levels = depthOf(place) - (tree === "trace" ? shardDepth(known.shape) : 0);
        const hash = known.hash(tree, place) as Uint8Array;
        const path = known.path(tree, place, levels) as Uint8Array[];
        const leader = wanted.kind === "trace" ? wanted.leader : undefined;
        const move = { type: "demand", tree, place, hash, path, ...(leader === undefined ? {} : { leader }) } as const;
        return demandCall(of, known.shape, move, value);
      }
    }
  }

  /** Whether the worker must compute for it. */
  computes(wanted: Wanted): boolean {
    return wanted.kind === "shard" || (wanted.kind === "trace" && isChunk(this.known.shape, "trace", wanted.place));
  }

  /** The shard that it is about, within the claim; undefined for the tree over them. */
  shardOf(wanted: Wanted): number | undefined {
    if (wanted.kind === "shard") return wanted.shard;
    if (wanted.kind === "block") return wanted.block.shard - this.of.unit.from;
    return wanted.kind === "trace" ? shardOf(this.known.shape, wanted.place) : undefined;
  }

  #isAsked(wanted: Wanted): boolean {
    const name = nameOf(this.#subject(wanted));
    return this.#dispute?.demands.has(name) === true;
  }

  #subject(wanted: Wanted): Parameters<typeof nameOf>[0] {
    const { known, of } = this;
    switch (wanted.kind) {
      case "block":
        return wanted;
      case "shard":
        return { kind: "shard", shard: wanted.shard + of.unit.from, leaf: "" };
      default:
        return { kind: wanted.kind, place: wanted.place, hash: toHexOf(known.hash(wanted.kind, wanted.place)) };
    }
  }

  #blocks(shard: number): Wanted[] {
    const { program, unit } = this.of;
    return program.outputNodes.flatMap((node, output) => {
      const count = Math.ceil(leavesOf(this.known.shape, node) / BLOCK_CHUNKS);
      return Array.from({ length: count }, (_, index): Wanted => ({
        kind: "block",
        block: { shard: shard + unit.from, output, index },
      }));
    });
  }

  /** The top of the hashes of every computed node, and all its chunks: a node of one chunk has nothing else. */
  #places(shard: number): Place[] {
    const { program } = this.of;
    const { shape } = this.known;
    return program.nodes.flatMap(({ op }, node) => {
      if (op === "input" || op === "constant") return [];
      const count = leavesOf(shape, node);
      const chunks = Array.from({ length: count }, (_, chunk) => chunkPlace(shape, shard, node, chunk));
      return treeDepth(count) === 0 ? chunks : [nodePlace(shape, shard, node), ...chunks];
    });
  }
}

function toHexOf(hash: Uint8Array | undefined): string {
  return hash === undefined ? "" : `0x${Buffer.from(hash).toString("hex")}`;
}
