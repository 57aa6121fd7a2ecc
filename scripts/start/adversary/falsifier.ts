import { createLoop, RevertError, toHex, type Service } from "@orion/protocol/common";
import {
  answerAt,
  answerOutput,
  claimShape,
  readDisputes,
  respondCall,
  respondOutputCall,
  type Case,
  type DemandRecord,
  type OutputRange,
} from "@orion/protocol/disputes";
import { openJobSession, putOutputs, type JobSession, type ServiceContext } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";

import { alterUnit, type Alteration, type AlteredUnit } from "./altered-unit.ts";
import { claimAny, commitClaim, type Prey } from "./market.ts";

export interface FalsifierOptions {
  readonly intervalMs: number;
  /** False keeps the node roots back, so that whoever objects must demand its way down from the claim root. */
  readonly publishes?: boolean;
  /** False answers no demand. */
  readonly answers?: boolean;
  /** Chooses the value, from 0 to below 1; Math.random unless given. */
  readonly random?: () => number;
  readonly onCommit?: (unit: number, alteration: Alteration) => void;
}

const MAX_MEMORY_BYTES = 2n ** 31n;

/**
 * A cheat: claims one unit, computes it, alters one value of a hidden activation, and commits to trees that are consistent with it. Publishes
 * and answers as an honest worker does, from the altered values.
 */
export function createFalsifier(
  context: ServiceContext & { readonly backend: Backend },
  options: FalsifierOptions,
): Service {
  const { clock, log, follower, sender } = context;
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
    const made = await alterUnit(session, unit, context.sha256, options.random);
    const { nodeRoots, outputs, claim, alteration } = made;
    const claimRoot = claim.tree.root;
    const { key, from, to } = unit;
    const digest =
      options.publishes === false
        ? toHex(claimRoot)
        : await putOutputs(context.store, { key, claimRoot, from, to, nodeRoots, outputs });
    prey = await commitClaim(context, prey, toHex(claimRoot), digest);
    altered = made;
    options.onCommit?.(unit.index, alteration);
  };

  const defend = async ({ job, unit }: Prey, { claim }: AlteredUnit, { loaded }: JobSession): Promise<void> => {
    const { chain, sha256 } = context;
    const state = await readDisputes(chain, [unit.key], job.postedAtBlock);
    const dispute = state.of(chain.network.addresses.market, unit.key);
    const of: Case = { chain, terms: job.terms, unit, program: loaded.program, sha256 };
    const shape = claimShape(loaded.program, unit.to - unit.from);
    const answer = ({ at, range }: DemandRecord): ReturnType<typeof respondCall> =>
      at === undefined
        ? respondOutputCall(
            of,
            range as OutputRange,
            answerOutput(claim, unit.from, loaded.program.outputNode, range as OutputRange),
          )
        : respondCall(of, at.place, at.hash, answerAt(claim, shape, at.place));
    const open = [...(dispute?.demands.values() ?? [])].filter((demand) => demand.answer === undefined);
    if (dispute?.fallen === true) return;
    try {
      for (const demand of open) await sender.send(answer(demand));
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
