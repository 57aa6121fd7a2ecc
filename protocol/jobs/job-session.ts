import type { JobRecord, ManifestRecord } from "../chain/index.ts";
import { monotonic } from "../common/index.ts";
import {
  createExecutor,
  createPause,
  estimateSeconds,
  hashTensor,
  workloadOf,
  type Backend,
  type Compute,
  type Excerpt,
  type Executor,
  type RunInputs,
  type RunOptions,
  type RunTrace,
  type TraceOptions,
} from "../kernels/index.ts";
import {
  shardLeaf,
  toBytes,
  type Program,
  type ProgramFacts,
  type Sha256,
  type Tensor,
  type TypedData,
} from "../tensor/index.ts";
import { JobContent } from "./job-content.ts";
import type { LoadedProgram } from "./program-package.ts";
import type { ContentContext } from "./service-context.ts";
import { timed, WorkTally } from "./work-tally.ts";

/** What is known of this machine's speed on one program. */
export interface Speed {
  /** Of the backend, measured at start. */
  readonly macsPerSecond: number;
  /** For the outputs of one shard, by the rates that were measured of the backend. */
  readonly estimatedSeconds: number;
  /** Of this very program, once a shard of it was computed. */
  readonly secondsPerShard?: number;
}

/** The inputs of one shard, checked against the job's inputs root. */
export interface ShardInputs {
  readonly tensors: readonly Tensor[];
  readonly roots: readonly Uint8Array[];
}

/** The outputs of one shard. */
export interface ComputedShard {
  /** In the order of the program's outputs; not to be written to. */
  readonly outputs: readonly Tensor[];
  readonly outputRoots: readonly Uint8Array[];
  /** Leaf of the outputs tree. */
  readonly leaf: Uint8Array;
}

/** Everything of one job that a worker or validator needs again for each unit: checked program, weights, shared inputs, kernels. */
export interface JobSession {
  readonly jobId: string;
  readonly loaded: LoadedProgram;
  /** How fast this machine is on this job, as far as it is known. */
  readonly speed: Speed;
  /** @param signal ends this read only */
  loadShard(shard: number, signal?: AbortSignal): Promise<ShardInputs>;
  /** The outputs of one shard and their roots; no other value is hashed. */
  compute(inputs: ShardInputs, options?: RunOptions): Promise<ComputedShard>;
  /** The roots of all values of one shard, see traceShard. */
  trace(inputs: ShardInputs, options?: Pick<TraceOptions, "signal" | "hold" | "onNode">): Promise<RunTrace>;
  /** The tensors of some nodes of one shard. */
  values(inputs: ShardInputs, nodes: readonly number[], options?: RunOptions): Promise<Tensor[]>;
  /** Some bytes of the tensors of some nodes of one shard, see Executor. */
  excerpts(inputs: ShardInputs, wanted: readonly Excerpt[], options?: RunOptions): Promise<Uint8Array[]>;
  /** Inputs that all shards read, with their roots. */
  readonly shared: ShardInputs;
  /** Roots of all slots, in the order of the inputs root: 32 bytes each, one behind another; not to be written to. */
  slotRoots(): Promise<Uint8Array>;
  /** Bytes of weights, shared inputs and slot roots; a process that computes holds the weights once more. */
  readonly heldBytes: number;
  dispose(): void;
}

export interface SessionOptions {
  /** A device of this thread, or a process that computes. */
  readonly backend: Backend | Compute;
  readonly maxMemoryBytes: bigint;
  readonly signal: AbortSignal;
  /** The manifests that are published now. */
  readonly manifests: () => readonly ManifestRecord[];
  /** Counts what is computed here. */
  readonly tally?: WorkTally;
  /** Judges a program before its weights are fetched; throws what the session is refused with. */
  readonly judge?: (facts: ProgramFacts, program: Program) => void;
}

/**
 * Opens a right manifest of a job and checks the program against the terms.
 * @throws IntegrityError when no manifest so far is right, InvalidInputError when the job is too large for this machine, UnavailableError
 * when content is missing for now
 */
export async function openJobSession(
  context: ContentContext,
  job: Pick<JobRecord, "jobId" | "terms">,
  options: SessionOptions,
): Promise<JobSession> {
  const content = new JobContent(context, job, options);
  const loaded = await content.program();
  const shared = await content.read(async (manifest) => ({
    tensors: await manifest.loadShared(),
    roots: manifest.sharedRoots,
  }));
  const executor = prepareExecutor(loaded, options.backend);
  const roots = await content.read((manifest) => Promise.resolve(manifest.slotRoots));
  const heldBytes = bytesOf(loaded.constants) + bytesOf(shared.tensors) + roots.length;
  const { sha256 } = context;
  const { tally = new WorkTally() } = options;
  const estimatedSeconds = estimateSeconds(workloadOf(loaded.program, options.backend.mode), options.backend.rates);
  let secondsPerShard: number | undefined;
  const inputsOf = (inputs: ShardInputs): RunInputs => ({ shared: shared.tensors, shard: inputs.tensors });
  const running = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? options.signal : AbortSignal.any([options.signal, signal]);
  return {
    jobId: job.jobId,
    loaded,
    shared,
    slotRoots: () => content.read((manifest) => Promise.resolve(manifest.slotRoots)),
    get speed() {
      const { macsPerSecond } = options.backend;
      return { macsPerSecond, estimatedSeconds, ...(secondsPerShard === undefined ? {} : { secondsPerShard }) };
    },
    loadShard: (shard, signal) => content.read((manifest) => manifest.loadShard(shard, signal), signal),
    async compute(inputs, { signal } = {}) {
      const from = monotonic(context.clock);
      const kernels = await timed(() => executor.outputs(inputsOf(inputs), { signal: running(signal) }));
      const hashes = await timed(() => hashOutputs(kernels.result, sha256, running(signal)));
      secondsPerShard = (monotonic(context.clock) - from) / 1000;
      tally.shards++;
      tally.computing += kernels.seconds;
      tally.hashing += hashes.seconds;
      return { outputs: kernels.result, outputRoots: hashes.result, leaf: shardLeaf(hashes.result, sha256) };
    },
    async trace(inputs, { signal, hold, onNode } = {}) {
      const known = { shared: shared.roots, shard: inputs.roots };
      const more = { ...(hold === undefined ? {} : { hold }), ...(onNode === undefined ? {} : { onNode }) };
      const { result, seconds } = await timed(() =>
        executor.trace(inputsOf(inputs), { sha256, known, signal: running(signal), ...more }),
      );
      tally.traces++;
      tally.tracing += seconds;
      return result;
    },
    values: (inputs, nodes, { signal } = {}) => executor.run(inputsOf(inputs), { nodes, signal: running(signal) }),
    excerpts: (inputs, wanted, { signal } = {}) =>
      executor.excerpts(inputsOf(inputs), wanted, { signal: running(signal) }),
    heldBytes,
    dispose: () => executor.dispose(),
  };
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
}

function prepareExecutor({ program, constants }: LoadedProgram, backend: Backend | Compute): Executor {
  if ("createExecutor" in backend) return backend.createExecutor(program, constants);
  return createExecutor(program, constants, backend);
}

/** Tensor roots of a shard's outputs; a reshape of another output shares its data and so its root. */
async function hashOutputs(outputs: readonly Tensor[], sha256: Sha256, signal: AbortSignal): Promise<Uint8Array[]> {
  const pause = createPause(signal);
  const known = new Map<TypedData, Uint8Array>();
  const roots: Uint8Array[] = [];
  for (const tensor of outputs) {
    const root = known.get(tensor.data) ?? (await hashTensor(toBytes(tensor), sha256, pause)).root;
    known.set(tensor.data, root);
    roots.push(root);
  }
  return roots;
}
