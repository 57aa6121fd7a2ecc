import type { JobRecord, UnitRecord } from "@orion/protocol/chain";
import { AbortedError, fromHex, timeLimit, toHex } from "@orion/protocol/common";
import { claimShape, KnownClaim } from "@orion/protocol/disputes";
import { traceUnit, type JobSession } from "@orion/protocol/jobs";

import { challengeStep, type ChallengeContext } from "./challenge.ts";
import { forfeit } from "./forfeit.ts";
import { learnPublished } from "./published.ts";

export interface ChallengeOptions {
  readonly signal: AbortSignal;
  /** Pause between looks while an answer is due. */
  readonly intervalMs: number;
  readonly onShard?: (done: number, total: number) => void;
}

/** Longest wait for what the worker published. */
const PUBLISHED_TIMEOUT_MS = 10_000;

/**
 * Recomputes one claim and, if it is wrong, plays until it has fallen and its lock is forfeit. The same call goes on after an interruption.
 * @returns "late" for a wrong claim that nothing can be done about any more
 * @throws AbortedError when the signal aborts first
 */
export async function challengeClaim(
  context: ChallengeContext,
  session: JobSession,
  job: JobRecord,
  unit: UnitRecord,
  { signal, intervalMs, onShard }: ChallengeOptions,
): Promise<"right" | "fallen" | "late"> {
  const { sha256, clock } = context;
  const own = await traceUnit(session, unit, { sha256, signal, ...(onShard === undefined ? {} : { onShard }) });
  if (toHex(own.tree.root) === unit.claimRoot) return "right";
  const { program } = session.loaded;
  const known = new KnownClaim(claimShape(program, unit.to - unit.from), fromHex(unit.claimRoot, 32), sha256);
  const patience = timeLimit(PUBLISHED_TIMEOUT_MS, signal);
  await learnPublished(context, known, unit, program, own, patience);
  while (!signal.aborted) {
    const progress = await challengeStep(context, { job, unit, program, own, known });
    if (progress === "late") return "late";
    if (progress === "over") {
      await forfeit(context, job, unit);
      return "fallen";
    }
    if (progress === "waiting") await clock.sleep(intervalMs, signal);
  }
  throw new AbortedError("stopped in the middle of a dispute", { hint: "the same command goes on where it stopped" });
}
