import type { JobRecord, ManifestRecord } from "../chain/index.ts";
import { createExecutor, type Backend, type Executor, type KnownRoots } from "../kernels/index.ts";
import { claimRoot, type Tensor } from "../tensor/index.ts";
import { JobContent } from "./job-content.ts";
import type { LoadedProgram } from "./program-package.ts";
import type { ServiceContext } from "./service-context.ts";

/** What is known of this machine's speed on one program. */
export interface Speed {
  /** Of the backend, measured at start. */
  readonly macsPerSecond: number;
  /** Of this very program, once a shard of it was computed. */
  readonly secondsPerShard?: number;
}

/** The inputs of one shard, checked against the job's inputs root. */
export interface ShardInputs {
  readonly tensors: readonly Tensor[];
  readonly roots: readonly Uint8Array[];
}

/** One computed shard. */
export interface ShardTrace {
  readonly nodeRoots: Uint8Array[];
  readonly output: Tensor;
  /** Every node's output, in node order; not to be written to. */
  readonly values: readonly Tensor[];
}

/** Everything of one job that a worker or validator needs again for each unit: checked program, weights, shared inputs, kernels. */
export interface JobSession {
  readonly jobId: string;
  readonly loaded: LoadedProgram;
  /** How fast this machine is on this job, as far as it is known. */
  readonly speed: Speed;
  loadShard(shard: number): Promise<ShardInputs>;
  /** All values of one shard, their roots, and the output among them. */
  compute(inputs: ShardInputs): Promise<ShardTrace>;
  /** Inputs that all shards read, with their roots. */
  readonly shared: ShardInputs;
  /** Roots of all slots, in the order of the inputs root. */
  slotRoots(): Promise<readonly Uint8Array[]>;
  claimRoot(nodeRoots: readonly (readonly Uint8Array[])[]): Uint8Array;
  dispose(): void;
}

export interface SessionOptions {
  readonly backend: Backend;
  readonly maxMemoryBytes: bigint;
  readonly signal: AbortSignal;
  /** The manifests that are published now. */
  readonly manifests: () => readonly ManifestRecord[];
}

/**
 * Opens a right manifest of a job and checks the program against the terms.
 * @throws IntegrityError when no manifest so far is right, InvalidInputError when the job is too large for this machine, UnavailableError
 * when content is missing for now
 */
export async function openJobSession(
  context: ServiceContext,
  job: JobRecord,
  options: SessionOptions,
): Promise<JobSession> {
  const content = new JobContent(context, job, options);
  const loaded = await content.program();
  const shared = await content.read(async (manifest) => ({
    tensors: await manifest.loadShared(),
    roots: manifest.sharedRoots,
  }));
  const executor = createExecutor(loaded.program, loaded.constants, options.backend);
  let secondsPerShard: number | undefined;
  return {
    jobId: job.jobId,
    loaded,
    shared,
    slotRoots: () => content.read((manifest) => Promise.resolve(manifest.slotRoots)),
    get speed() {
      const { macsPerSecond } = options.backend;
      return secondsPerShard === undefined ? { macsPerSecond } : { macsPerSecond, secondsPerShard };
    },
    loadShard: (shard) => content.read((manifest) => manifest.loadShard(shard)),
    async compute(inputs) {
      const from = context.clock.now();
      const result = await compute(context, executor, loaded, shared, inputs, options.signal);
      secondsPerShard = (context.clock.now() - from) / 1000;
      return result;
    },
    claimRoot: (nodeRoots) => claimRoot(nodeRoots, context.sha256),
    dispose: () => executor.dispose(),
  };
}

async function compute(
  context: ServiceContext,
  executor: Executor,
  loaded: LoadedProgram,
  shared: ShardInputs,
  inputs: ShardInputs,
  signal: AbortSignal,
): Promise<ShardTrace> {
  const values = await executor.run({ shared: shared.tensors, shard: inputs.tensors }, { signal });
  const known: KnownRoots = { shared: shared.roots, shard: inputs.roots };
  const nodeRoots = executor.trace(values, context.sha256, known);
  return { nodeRoots, output: values[loaded.program.outputNode] as Tensor, values };
}
