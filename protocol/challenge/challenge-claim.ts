import type { JobRecord, UnitRecord } from "../chain/index.ts";
import { AbortedError, timeLimit } from "../common/index.ts";
import { DisputeReader, type Admission } from "../disputes/index.ts";
import type { JobSession } from "../jobs/index.ts";

import { pursue } from "./challenge.ts";
import type { ChallengeContext } from "./pursuit.ts";
import { ClaimCheck } from "./claim-check.ts";
import { forfeit } from "./forfeit.ts";

export interface ChallengeOptions {
  readonly signal: AbortSignal;
  /** Pause between looks while an answer is due. */
  readonly intervalMs: number;
  /** What shows that this account may demand of the claim. */
  readonly admission: Admission;
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
  { signal, intervalMs, admission, onShard }: ChallengeOptions,
): Promise<"right" | "fallen" | "late"> {
  const { clock, chain } = context;
  const check = new ClaimCheck(context, session.loaded, () => Promise.resolve(session), job, unit, {
    reader: new DisputeReader(chain),
    signal,
    admission,
  });
  await check.lookForPublished(context, timeLimit(PUBLISHED_TIMEOUT_MS, signal));
  for (let verdict = "open"; verdict !== "wrong";) {
    if (signal.aborted) break;
    verdict = await check.checkOne(signal);
    onShard?.(check.done, unit.to - unit.from);
    if (verdict === "right") return "right";
  }
  while (!signal.aborted) {
    const progress = await pursue(context, check.pursuit, signal);
    if (progress === "late") return "late";
    if (progress === "over") {
      await forfeit(context, job, unit);
      return "fallen";
    }
    if (progress !== undefined) await clock.sleep(intervalMs, signal);
  }
  throw new AbortedError("stopped in the middle of a dispute", { hint: "the same command goes on where it stopped" });
}
