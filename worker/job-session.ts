import type { JobRecord, ManifestRecord } from "@orion/protocol/chain";
import type { LoadedProgram, ServiceContext } from "@orion/protocol/jobs";
import { createExecutor, type Backend, type Executor, type KnownRoots } from "@orion/protocol/kernels";
import { claimRoot, type Tensor } from "@orion/protocol/tensor";

import { JobContent } from "./job-content.ts";
import type { Speed } from "./rules.ts";

/** The inputs of one shard, checked against the job's inputs root. */
export interface ShardInputs {
  readonly tensors: readonly Tensor[];
  readonly roots: readonly Uint8Array[];
}

/** Everything of one job that this worker needs again for each unit: checked program, weights, shared inputs, kernels. */
export interface JobSession {
  readonly jobId: string;
  readonly loaded: LoadedProgram;
  /** How fast this machine is on this job, as far as it is known. */
  readonly speed: Speed;
  loadShard(shard: number): Promise<ShardInputs>;
  compute(inputs: ShardInputs): Promise<{ nodeRoots: Uint8Array[]; output: Tensor }>;
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
): Promise<{ nodeRoots: Uint8Array[]; output: Tensor }> {
  const values = await executor.run({ shared: shared.tensors, shard: inputs.tensors }, { signal });
  const known: KnownRoots = { shared: shared.roots, shard: inputs.roots };
  const nodeRoots = executor.trace(values, context.sha256, known);
  return { nodeRoots, output: values[loaded.program.outputNode] as Tensor };
}
