import type { JobRecord } from "@orion/protocol/chain";
import { AbortedError, IntegrityError, OrionError } from "@orion/protocol/common";
import { loadProgram, openManifest, requireJobProgram, type LoadedProgram, type Manifest, type ServiceContext } from "@orion/protocol/jobs";
import { createExecutor, type Backend, type Executor } from "@orion/protocol/kernels";
import { claimRoot, type Tensor } from "@orion/protocol/tensor";

/** The inputs of one shard, checked against the job's inputs root. */
export interface ShardInputs {
  readonly tensors: readonly Tensor[];
  readonly roots: readonly Uint8Array[];
}

/** Everything of one job that this worker needs again for each unit: checked program, weights, shared inputs, kernels. */
export interface JobSession {
  readonly jobId: string;
  readonly loaded: LoadedProgram;
  loadShard(shard: number): Promise<ShardInputs>;
  compute(inputs: ShardInputs): Promise<{ nodeRoots: Uint8Array[]; output: Tensor }>;
  claimRoot(nodeRoots: readonly (readonly Uint8Array[])[]): Uint8Array;
  dispose(): void;
}

export interface SessionOptions {
  readonly backend: Backend;
  readonly maxMemoryBytes?: bigint;
  readonly signal: AbortSignal;
}

/**
 * Opens the first manifest of a job that is right, and checks the program against the terms.
 * @throws IntegrityError when the job can never be served, UnavailableError when content is missing for now
 */
export async function openJobSession(context: ServiceContext, job: JobRecord, options: SessionOptions): Promise<JobSession> {
  const { loaded, manifest } = await firstRightManifest(context, job, options);
  requireJobProgram(loaded, job.terms);
  const shared = await manifest.loadShared();
  const executor = createExecutor(loaded.program, loaded.constants, options.backend);
  return {
    jobId: job.jobId,
    loaded,
    loadShard: (shard) => manifest.loadShard(shard),
    compute: (inputs) => compute(context, executor, loaded, { shared, sharedRoots: manifest.sharedRoots }, inputs),
    claimRoot: (nodeRoots) => claimRoot(nodeRoots, context.sha256),
    dispose: () => executor.dispose(),
  };
}

async function compute(
  context: ServiceContext,
  executor: Executor,
  loaded: LoadedProgram,
  shared: { shared: readonly Tensor[]; sharedRoots: readonly Uint8Array[] },
  inputs: ShardInputs,
): Promise<{ nodeRoots: Uint8Array[]; output: Tensor }> {
  const values = await executor.run({ shared: shared.shared, shard: inputs.tensors });
  const nodeRoots = executor.trace(values, context.sha256, { shared: shared.sharedRoots, shard: inputs.roots });
  return { nodeRoots, output: values[loaded.program.outputNode] as Tensor };
}

async function firstRightManifest(
  context: ServiceContext,
  job: JobRecord,
  options: SessionOptions,
): Promise<{ manifest: Manifest; loaded: LoadedProgram }> {
  const { sha256, store, log } = context;
  const io = { sha256, signal: options.signal };
  const limits = options.maxMemoryBytes === undefined ? {} : { maxBytes: options.maxMemoryBytes };
  let failure: OrionError = new IntegrityError("the job has no manifest");
  for (const { digest } of job.manifests) {
    if (options.signal.aborted) throw new AbortedError("stopped while looking for a manifest");
    try {
      return await openManifest(store, digest, job, (cid) => loadProgram(store, cid, { ...io, ...limits }), io);
    } catch (error) {
      if (!(error instanceof OrionError)) throw error;
      log.debug({ jobId: job.jobId, manifest: digest }, error.message);
      // A manifest that is missing now may come; one that is wrong never mends.
      if (!failure.retryable) failure = error;
    }
  }
  throw failure;
}
