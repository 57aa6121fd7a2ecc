import type { Call } from "@orion/protocol/chain";
import { createLoop, RevertError, toHex, type Service } from "@orion/protocol/common";
import {
  answerBlock,
  answerOutputs,
  answerTrace,
  claimShape,
  openDemands,
  readDisputes,
  respondCall,
  respondOutputCall,
  respondTraceCall,
  shardOf,
  traceAnswer,
  type Case,
  type DemandRecord,
} from "@orion/protocol/disputes";
import { openJobSession, putOutputs, type JobSession, type ServiceContext } from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";
import { tensorLeaves, toBytes, type Tensor } from "@orion/protocol/tensor";

import { alterUnit, type Alteration, type AlteredUnit } from "./altered-unit.ts";
import { claimAny, commitClaim, type Prey } from "./market.ts";

export interface FalsifierOptions {
  readonly intervalMs: number;
  /** False keeps the outputs back, so that whoever objects must demand its way down from the outputs root. */
  readonly publishes?: boolean;
  /** False answers no demand. */
  readonly answers?: boolean;
  /** Chooses the value, from 0 to below 1; Math.random unless given. */
  readonly random?: () => number;
  readonly onCommit?: (unit: number, alteration: Alteration) => void;
}

const MAX_MEMORY_BYTES = 2n ** 31n;

/**
 * A cheat: claims one unit, computes it, alters one value of a hidden activation and what follows from it, and commits to the wrong outputs. Publishes and answers as an honest
 * worker does, from the altered values.
 */
export function createFalsifier(
  context: ServiceContext & { readonly backend: Backend | Compute },
  options: FalsifierOptions,
): Service {
  const { clock, log, follower, sender, sha256 } = context;
  let prey: Prey | undefined;
  let session: JobSession | undefined;
  let altered: AlteredUnit | undefined;

  const cheat = async (signal: AbortSignal): Promise<void> => {
    prey ??= await claimAny(context);
    if (prey === undefined) return;
    const { job, unit } = prey;
    const manifests = (): typeof job.manifests => follower.state.jobs.get(job.jobId)?.manifests ?? [];
    if (manifests().length === 0) return;
    const { backend } = context;
    session ??= await openJobSession(context, job, { backend, signal, maxMemoryBytes: MAX_MEMORY_BYTES, manifests });
    const made = await alterUnit(session, unit, sha256, options.random);
    const { outputs, outputRoots, alteration } = made;
    const outputsRoot = made.tree.root;
    const { key, from, to } = unit;
    const digest =
      options.publishes === false
        ? toHex(outputsRoot)
        : await putOutputs(context.store, { key, outputsRoot, from, to, outputRoots, outputs });
    prey = await commitClaim(context, prey, toHex(outputsRoot), digest);
    altered = made;
    options.onCommit?.(unit.index, alteration);
  };

  const defend = async ({ job, unit }: Prey, claimed: AlteredUnit, { loaded }: JobSession): Promise<void> => {
    const { chain } = context;
    const state = await readDisputes(chain, [unit.key], job.postedAtBlock);
    const dispute = state.of(chain.network.addresses.market, unit.key);
    const of: Case = { chain, terms: job.terms, unit, program: loaded.program, sha256 };
    try {
      for (const demand of openDemands(dispute)) await sender.send(await answerOf(of, claimed, demand));
    } catch (error) {
      // The claim has fallen between the two looks.
      if (!(error instanceof RevertError)) throw error;
    }
  };

  return createLoop({
    name: "falsifier",
    clock,
    log,
    intervalMs: options.intervalMs,
    async tick(signal) {
      await follower.sync(sender.lastBlock);
      if (prey === undefined || altered === undefined || session === undefined) await cheat(signal);
      else if (options.answers !== false) await defend(prey, altered, session);
    },
  });
}

async function answerOf(of: Case, claimed: AlteredUnit, { what }: DemandRecord): Promise<Call> {
  const { unit, program, sha256 } = of;
  const shape = claimShape(program, unit.to - unit.from);
  switch (what.kind) {
    case "outputs":
      return respondCall(of, "outputs", what.place, what.hash, answerOutputs(claimed.tree, shape, what.place));
    case "shard": {
      const { nodeRoots } = await claimed.trace(what.shard - unit.from);
      return respondTraceCall(of, traceAnswer(nodeRoots, program.outputNodes, what.shard, sha256));
    }
    case "trace": {
      const trace = await claimed.trace(shardOf(shape, what.place));
      return respondCall(of, "trace", what.place, what.hash, answerTrace(trace, shape, what.place));
    }
    case "block": {
      const position = what.block.shard - unit.from;
      const roots = claimed.outputRoots[position] as readonly Uint8Array[];
      const outputs = (claimed.outputs[position] as readonly Tensor[]).map((tensor, i) => {
        const bytes = toBytes(tensor);
        return { root: roots[i] as Uint8Array, leaves: tensorLeaves(bytes, sha256), bytes };
      });
      return respondOutputCall(of, what.block, answerBlock(outputs, claimed.tree, unit.from, what.block, sha256));
    }
  }
}
