import type { UnitRecord } from "../chain/index.ts";
import { IntegrityError } from "../common/index.ts";
import {
  depthOf,
  shardDepth,
  shardOf,
  traceHash,
  type ClaimShape,
  type OwnHash,
  type OwnTrace,
} from "../disputes/index.ts";
import { inputsName, traceShard, type JobSession, type ShardInputs } from "../jobs/index.ts";
import {
  hashAt,
  innerHash,
  MerkleTree,
  ShardTrace,
  tensorLeaves,
  toBytes,
  zeroHash,
  type Program,
  type ProgramNode,
  type Sha256,
  type Tensor,
} from "../tensor/index.ts";
import { ShardCache } from "./shard-cache.ts";

/** Gives the session of the claim's job, opened anew where it was closed; `signal` ends the waiting for it. */
export type SessionSource = (signal?: AbortSignal) => Promise<JobSession>;

/**
 * One's own computation of somebody's claim, as far as it has come: the leaves of the shards that were computed, and the traces of those that a dispute is about. Shards are
 * relative to the claim.
 */
export class OwnClaim {
  readonly unit: Pick<UnitRecord, "from" | "to">;
  readonly #session: SessionSource;
  readonly #program: Program;
  readonly #shape: ClaimShape;
  readonly #sha256: Sha256;
  readonly #cache: ShardCache;
  readonly #leaves = new Map<number, Uint8Array>();
  /** What shards are computed from that are next. */
  readonly #loaded = new Map<number, Fetched>();
  readonly #inner = new Map<number, Uint8Array>();
  readonly #traces = new Map<number, Traced>();

  /** @param session asked each time something is computed, so that the job may be closed meanwhile */
  constructor(
    session: SessionSource,
    program: Program,
    unit: Pick<UnitRecord, "from" | "to">,
    shape: ClaimShape,
    sha256: Sha256,
    {
      leaves = [],
      cache = new ShardCache(),
    }: { readonly leaves?: readonly Uint8Array[]; readonly cache?: ShardCache } = {},
  ) {
    this.#session = session;
    this.#program = program;
    this.unit = unit;
    this.#shape = shape;
    this.#sha256 = sha256;
    this.#cache = cache;
    for (const [shard, leaf] of leaves.entries()) this.#leaves.set(shard, leaf);
  }

  /** Shards that were computed. */
  get done(): number {
    return this.#leaves.size;
  }

  get isComplete(): boolean {
    return this.#leaves.size === this.#shape.shards;
  }

  leaf(shard: number): Uint8Array | undefined {
    return this.#leaves.get(shard);
  }

  /** Whether nothing has to be fetched before a shard is computed. */
  isLoaded(shard: number): boolean {
    return this.#loaded.has(shard) || this.#leaves.has(shard);
  }

  /** Fetches the inputs of a shard and holds them until it is computed. @throws UnavailableError when they are missing for now */
  async load(shard: number, signal?: AbortSignal): Promise<void> {
    if (!this.isLoaded(shard)) this.#loaded.set(shard, await this.#fetch(shard, signal));
  }

  /** Lets go of what was fetched for a shard. */
  unload(shard: number): void {
    this.#loaded.delete(shard);
  }

  /** Computes the outputs of one shard, unless the same inputs were computed before. @throws UnavailableError where its job was closed meanwhile */
  async compute(shard: number, signal: AbortSignal): Promise<Uint8Array> {
    const known = this.#leaves.get(shard);
    if (known !== undefined) return known;
    const { session, inputs } = this.#loaded.get(shard) ?? (await this.#fetch(shard, signal));
    // Whatever comes of it: a session that was closed is not tried twice.
    this.#loaded.delete(shard);
    const name = `${session.jobId}:${inputsName(inputs)}`;
    const leaf = this.#cache.leaf(name) ?? (await session.compute(inputs, { signal })).leaf;
    this.#cache.keepLeaf(name, leaf);
    const { secondsPerShard } = session.speed;
    if (secondsPerShard !== undefined) this.#cache.keepSeconds(session.jobId, secondsPerShard);
    this.#leaves.set(shard, leaf);
    return leaf;
  }

  async #fetch(shard: number, signal?: AbortSignal): Promise<Fetched> {
    const session = await this.#session(signal);
    return { session, inputs: await session.loadShard(this.unit.from + shard, signal) };
  }

  /** Computes the hashes of a shard's trace. */
  async trace(shard: number, signal: AbortSignal): Promise<void> {
    if (this.#traces.has(shard)) return;
    const leaves = new Map<number, Uint8Array>();
    const onNode = (traced: { node: number; leaves: Uint8Array }): void => void leaves.set(traced.node, traced.leaves);
    const sha256 = this.#sha256;
    const options = { sha256, signal, hold: false, onNode };
    const session = await this.#session();
    const { nodeRoots, leaf } = await traceShard(session, this.unit.from + shard, options);
    const given = await this.#given(session, shard);
    const roots = this.#program.nodes.map((_, node) => hashAt(nodeRoots, node));
    const leavesOf = (node: number): Uint8Array => leaves.get(node) ?? tensorLeaves(given(node), sha256);
    this.#leaves.set(shard, leaf);
    this.#traces.set(shard, { tree: new ShardTrace(roots, leavesOf, sha256), values: new Map(), given });
  }

  /** The trace with the bytes of some of its nodes, which are computed for it. */
  async withValues(shard: number, nodes: readonly number[], signal: AbortSignal): Promise<OwnTrace> {
    await this.trace(shard, signal);
    const traced = this.#traces.get(shard) as Traced;
    const missing = nodes.filter((node) => !traced.values.has(node));
    if (missing.length > 0) {
      const session = await this.#session(signal);
      const inputs = await session.loadShard(this.unit.from + shard, signal);
      const values = await session.values(inputs, missing, { signal });
      for (const [i, node] of missing.entries()) traced.values.set(node, toBytes(values[i] as Tensor));
    }
    const tensors = (node: number): Uint8Array => {
      const bytes = traced.values.get(node);
      if (bytes === undefined) throw new IntegrityError(`the value of node ${String(node)} was not asked for`);
      return bytes;
    };
    return { tree: traced.tree, tensors };
  }

  /** The tree under the job's inputs root. */
  async inputs(): Promise<MerkleTree> {
    const session = await this.#session();
    return new MerkleTree(await session.slotRoots(), this.#sha256);
  }

  readonly hash: OwnHash = (tree, place) => {
    if (tree === "outputs") return this.#outputs(place);
    const traced = this.#traces.get(shardOf(this.#shape, place));
    return traced === undefined ? undefined : traceHash(traced, this.#shape, place);
  };

  /** Known where all shards below the place were computed. */
  #outputs(place: number): Uint8Array | undefined {
    const known = this.#inner.get(place);
    if (known !== undefined) return known;
    const level = shardDepth(this.#shape) - depthOf(place);
    const first = place * 2 ** level - 2 ** shardDepth(this.#shape);
    if (first >= this.#shape.shards) return zeroHash(level);
    if (level === 0) return this.#leaves.get(first);
    const [left, right] = [this.#outputs(2 * place), this.#outputs(2 * place + 1)];
    if (left === undefined || right === undefined) return undefined;
    const hash = innerHash(left, right, this.#sha256);
    this.#inner.set(place, hash);
    return hash;
  }

  /** The bytes of inputs and constants, which nobody computes. */
  async #given(session: JobSession, shard: number): Promise<(node: number) => Uint8Array> {
    const inputs = await session.loadShard(this.unit.from + shard);
    const { program, constants } = session.loaded;
    const constantOf = new Map<number, Tensor>();
    for (const [index, { op }] of program.nodes.entries()) {
      if (op === "constant") constantOf.set(index, constants[constantOf.size] as Tensor);
    }
    return (node) => {
      const { op, attrs } = program.nodes[node] as ProgramNode;
      if (op === "constant") return toBytes(constantOf.get(node) as Tensor);
      const [kind = 0, slot = 0] = attrs;
      return toBytes((kind === 0 ? session.shared.tensors : inputs.tensors)[slot] as Tensor);
    };
  }
}

interface Fetched {
  readonly session: JobSession;
  readonly inputs: ShardInputs;
}

interface Traced {
  readonly tree: ShardTrace;
  readonly values: Map<number, Uint8Array>;
  readonly given: (node: number) => Uint8Array;
}
