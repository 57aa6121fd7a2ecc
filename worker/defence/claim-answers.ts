import type { Call, JobRecord, UnitRecord } from "@orion/protocol/chain";
import {
  answerBlock,
  answerHashes,
  answerOutputs,
  chunkOf,
  claimShape,
  isChunk,
  nodeOf,
  respondCall,
  respondOutputCall,
  shardOf,
  tensorTop,
  traceAnswer,
  depthOf,
  excerptOf,
  wholeChunk,
  type Case,
  type ClaimShape,
  type DemandRecord,
  type OutputBlock,
  type Place,
  type TraceAnswer,
} from "@orion/protocol/disputes";
import { computeUnit, traceShard, type JobSession } from "@orion/protocol/jobs";
import {
  byteLength,
  hashAt,
  outputsTree,
  ShardTrace,
  tensorLeaves,
  tensorRoot,
  toBytes,
  type MerkleTree,
  type ProgramNode,
  type Tensor,
} from "@orion/protocol/tensor";

import type { ClaimedOutputs, ClaimedShard } from "../claimed-outputs.ts";
import type { Sessions } from "../sessions.ts";
import type { ShardTraces, StoredTrace } from "../shard-traces.ts";
import type { UnitContext } from "../unit-work.ts";

/** A claim of this account that can still be challenged. */
export interface Defended {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
}

/** What must be computed before a demand can be answered; shards are absolute. */
export type Need =
  /** The outputs of the whole claim: what was kept of them is gone. */
  | { readonly kind: "outputs" }
  /** The hashes of a shard's trace. */
  | { readonly kind: "trace"; readonly shard: number }
  /** A chunk of a value of a shard. */
  | { readonly kind: "chunk"; readonly shard: number; readonly place: Place };

/** Chunks that were computed, by their places. */
export type Chunks = ReadonlyMap<Place, Uint8Array>;

export type Ready = { readonly call: Call } | { readonly trace: TraceAnswer };

/** Answers to the demands of one claim, from what is kept on disk and from what is computed again. */
export class ClaimAnswers {
  readonly #context: UnitContext;
  readonly #claim: Defended;
  readonly #sessions: Sessions;
  readonly #outputs: ClaimedOutputs;
  readonly #traces: ShardTraces;
  readonly #stored = new Map<number, StoredTrace>();
  /** Outputs that were computed again, where the disk did not take them. */
  readonly #again = new Map<number, ClaimedShard>();
  #tree: MerkleTree | undefined;

  constructor(context: UnitContext, claim: Defended, sessions: Sessions, outputs: ClaimedOutputs, traces: ShardTraces) {
    this.#context = context;
    this.#claim = claim;
    this.#sessions = sessions;
    this.#outputs = outputs;
    this.#traces = traces;
  }

  /** What has to be computed first; undefined where the answer is at hand. */
  async need({ what }: DemandRecord): Promise<Need | undefined> {
    const session = await this.#session();
    switch (what.kind) {
      case "outputs":
        return (await this.#outputsTree(session)) === undefined ? { kind: "outputs" } : undefined;
      case "block": {
        const isHere = (await this.#outputsTree(session)) && (await this.#shardOutputs(session, what.block.shard));
        return isHere === undefined ? { kind: "outputs" } : undefined;
      }
      case "shard":
        return this.#traceNeed(session, what.shard);
      case "trace": {
        const shape = this.#shape(session);
        const shard = shardOf(shape, what.place) + this.#claim.unit.from;
        const node = depthOf(what.place) >= tensorTop(shape) ? nodeOf(shape, what.place) : undefined;
        if (node !== undefined && isGiven(session, node)) return undefined;
        if (node !== undefined && isChunk(shape, "trace", what.place)) {
          return { kind: "chunk", shard, place: what.place };
        }
        return this.#traceNeed(session, shard);
      }
    }
  }

  /**
   * Computes a need; chunks where they are given back, the others where they are kept.
   * @param places of all chunks of that shard which are wanted
   */
  async compute(need: Need, places: readonly Place[], signal: AbortSignal): Promise<Chunks> {
    const session = await this.#session();
    if (need.kind === "outputs") await this.#computeOutputs(session, signal);
    if (need.kind === "trace") await this.#computeTrace(session, need.shard, signal);
    if (need.kind !== "chunk") return new Map();
    const shape = this.#shape(session);
    const inputs = await session.loadShard(need.shard);
    const wanted = places.map((place) => excerptOf(shape, place));
    const excerpts = await session.excerpts(inputs, wanted, { signal });
    return new Map(places.map((place, i) => [place, wholeChunk(excerpts[i] as Uint8Array)]));
  }

  /**
   * The transaction that answers, or the trace that the worker is to answer with.
   * @param chunks that were computed for it
   */
  async ready({ what }: DemandRecord, chunks: Chunks = new Map()): Promise<Ready> {
    const session = await this.#session();
    const of = this.#case(session);
    switch (what.kind) {
      case "outputs": {
        const tree = (await this.#outputsTree(session)) as MerkleTree;
        const answer = answerOutputs(tree, this.#shape(session), what.place);
        return { call: respondCall(of, "outputs", what.place, what.hash, answer) };
      }
      case "block":
        return { call: respondOutputCall(of, what.block, await this.#block(session, what.block)) };
      case "shard":
        return { trace: this.#traceAnswer(session, what.shard) };
      case "trace": {
        const answer = await this.#traced(session, what.place, chunks);
        return { call: respondCall(of, "trace", what.place, what.hash, answer) };
      }
    }
  }

  async theCase(): Promise<Case> {
    return this.#case(await this.#session());
  }

  #case(session: JobSession): Case {
    const { chain, sha256 } = this.#context;
    const { job, unit } = this.#claim;
    return { chain, terms: job.terms, unit, program: session.loaded.program, sha256 };
  }

  /** Gives back open files. */
  close(): void {
    for (const trace of this.#stored.values()) trace.close();
    this.#stored.clear();
  }

  #session(): Promise<JobSession> {
    return this.#sessions.of(this.#claim.job);
  }

  #shape(session: JobSession): ClaimShape {
    const { unit } = this.#claim;
    return claimShape(session.loaded.program, unit.to - unit.from);
  }

  #traceNeed(session: JobSession, shard: number): Need | undefined {
    return this.#trace(session, shard) === undefined ? { kind: "trace", shard } : undefined;
  }

  #trace(session: JobSession, shard: number): StoredTrace | undefined {
    const { unit } = this.#claim;
    const known = this.#stored.get(shard) ?? this.#traces.load(unit.key, shard - unit.from, session.loaded.program);
    if (known !== undefined) this.#stored.set(shard, known);
    return known;
  }

  async #outputsTree(session: JobSession): Promise<MerkleTree | undefined> {
    if (this.#tree !== undefined) return this.#tree;
    const { key, from, to } = this.#claim.unit;
    const leaves = await this.#outputs.leaves(key, session.loaded.program.outputNodes.length);
    if (leaves?.length === to - from) this.#tree = outputsTree(leaves, this.#context.sha256);
    return this.#tree;
  }

  async #shardOutputs(session: JobSession, shard: number): Promise<ClaimedShard | undefined> {
    const { key, from } = this.#claim.unit;
    const sizes = session.loaded.facts.outputTypes.map((type) => byteLength(type));
    return this.#again.get(shard) ?? (await this.#outputs.shard(key, shard - from, sizes));
  }

  async #computeOutputs(session: JobSession, signal: AbortSignal): Promise<void> {
    const { unit } = this.#claim;
    const computed = await computeUnit(session, unit, { sha256: this.#context.sha256, signal });
    this.#tree = computed.tree;
    try {
      await this.#outputs.save(unit.key, computed);
    } catch (error) {
      this.#context.log.warn({ key: unit.key }, `recomputed outputs stay in memory: ${String(error)}`);
      for (const [s, { outputs, outputRoots }] of computed.shards.entries()) {
        this.#again.set(unit.from + s, { roots: outputRoots, bytes: outputs.map((tensor) => toBytes(tensor)) });
      }
    }
  }

  async #computeTrace(session: JobSession, shard: number, signal: AbortSignal): Promise<void> {
    const { unit } = this.#claim;
    const { program } = session.loaded;
    const writer = await this.#traces.begin(unit.key, shard - unit.from, program);
    try {
      const { sha256 } = this.#context;
      const onNode = ({ node, leaves }: { node: number; leaves: Uint8Array }): Promise<void> =>
        writer.put(node, leaves);
      const traced = await traceShard(session, shard, { sha256, signal, hold: false, onNode });
      this.#stored.set(shard, await writer.finish(traced.nodeRoots));
    } catch (error) {
      await writer.drop();
      throw error;
    }
  }

  #traceAnswer(session: JobSession, shard: number): TraceAnswer {
    const { nodeRoots } = this.#trace(session, shard) as StoredTrace;
    const { nodes, outputNodes } = session.loaded.program;
    const roots = nodes.map((_, node) => hashAt(nodeRoots, node));
    return traceAnswer(roots, outputNodes, shard, this.#context.sha256);
  }

  async #block(session: JobSession, block: OutputBlock): Promise<{ chunks: Uint8Array; path: Uint8Array[] }> {
    const { sha256 } = this.#context;
    const { roots, bytes } = (await this.#shardOutputs(session, block.shard)) as ClaimedShard;
    const outputs = bytes.map((content, i) => ({
      root: roots[i] as Uint8Array,
      leaves: i === block.output ? tensorLeaves(content, sha256) : new Uint8Array(),
      bytes: content,
    }));
    const tree = (await this.#outputsTree(session)) as MerkleTree;
    return answerBlock(outputs, tree, this.#claim.unit.from, block, sha256);
  }

  async #traced(session: JobSession, place: Place, chunks: Chunks): Promise<Uint8Array> {
    const shape = this.#shape(session);
    const { sha256 } = this.#context;
    const shard = shardOf(shape, place) + this.#claim.unit.from;
    const inTensor = depthOf(place) >= tensorTop(shape);
    const node = inTensor ? nodeOf(shape, place) : 0;
    const given = inTensor && isGiven(session, node) ? await givenBytes(session, shard, node) : undefined;
    if (isChunk(shape, "trace", place)) {
      return given === undefined ? (chunks.get(place) as Uint8Array) : chunkOf(shape, place, given);
    }
    const stored = this.#trace(session, shard);
    const nodeRoots =
      stored === undefined
        ? session.loaded.program.nodes.map((_, i) => (i === node ? tensorRoot(given as Uint8Array, sha256) : EMPTY))
        : session.loaded.program.nodes.map((_, i) => hashAt(stored.nodeRoots, i));
    const leaves = (of: number): Uint8Array =>
      given === undefined ? (stored as StoredTrace).leaves(of) : tensorLeaves(given, sha256);
    return answerHashes({ tree: new ShardTrace(nodeRoots, leaves, sha256) }, shape, place);
  }
}

const EMPTY = new Uint8Array(32);

function isGiven(session: JobSession, node: number): boolean {
  const { op } = session.loaded.program.nodes[node] as ProgramNode;
  return op === "input" || op === "constant";
}

/** The bytes of an input or a constant, which nobody computes. */
async function givenBytes(session: JobSession, shard: number, node: number): Promise<Uint8Array> {
  const inputs = await session.loadShard(shard);
  const { nodes } = session.loaded.program;
  const { op, attrs } = nodes[node] as ProgramNode;
  if (op === "constant") {
    const index = nodes.slice(0, node).filter((other) => other.op === "constant").length;
    return toBytes(session.loaded.constants[index] as Tensor);
  }
  const [kind = 0, slot = 0] = attrs;
  return toBytes((kind === 0 ? session.shared.tensors : inputs.tensors)[slot] as Tensor);
}
