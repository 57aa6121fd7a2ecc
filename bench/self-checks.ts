import path from "node:path";

import { WorkTally } from "@orion/protocol/jobs";
import { createComputeProcess } from "@orion/protocol/kernels/node";
import { createWorker } from "@orion/worker";

import { isMain } from "../scripts/support/is-main.ts";
import { blocksEvery } from "../test/support/network/block-times.ts";
import { startHere } from "../test/support/network/in-process.ts";
import { ACCOUNTS, ORION, startTestNetwork } from "../test/support/network/test-network.ts";
import { postDigitsJob, untilCommitted } from "./support/digits-job.ts";
import { writeResult } from "./support/write-result.ts";

const UNITS = 200;
const BLOCK_SECONDS = 1;
const PACE = { lookMs: 500, patienceMs: 900_000 };
/** Claims stay in their window until the bench has ended, so that nothing but work is counted. */
const CLOCKS = { claimPeriod: 3_600, challengeWindow: 7_200, answerPeriod: 300 };
const TARGET = { checking: 0.02, hashing: 0.01 } as const;

/**
 * An honest worker that nobody disputes, over 200 units of the digits model: how much it traces and hashes beside computing. False when a target is
 * missed, or when it made a trace that was no check of itself.
 */
export async function benchSelfChecks(): Promise<boolean> {
  const running = await startTestNetwork({ fast: CLOCKS });
  const backend = await createComputeProcess({ mode: "webasm" });
  const tally = new WorkTally();
  try {
    await running.stake(ACCOUNTS.workers, 1_000n * ORION);
    const jobId = await postDigitsJob(running, UNITS);
    await blocksEvery(running.chainProcess, BLOCK_SECONDS);
    const journalDir = path.join(running.dir, "bench-self-checks");
    const worker = startHere(createWorker({ ...running.context(ACCOUNTS.workers), backend, journalDir, tally }));
    await untilCommitted(running, jobId, PACE);
    await worker.stop();
    const { disputes } = running.chain.contracts;
    const { filters } = disputes;
    const kinds = await Promise.all([
      disputes.queryFilter(filters.Demanded()),
      disputes.queryFilter(filters.OutputDemanded()),
      disputes.queryFilter(filters.TraceDemanded()),
    ]);
    const demands = kinds.flat().length;
    const { shards, traces, checks, computing, hashing, checking } = tally;
    const share = { checking: checking / computing, hashing: hashing / computing };
    const percent = (part: number): string => `${(100 * part).toFixed(2)}%`;
    console.log(
      `${shards} shards computed in ${computing.toFixed(1)} s; ${traces} traced, of which ${checks} to check itself, with ${demands} demands; ` +
        `self-checks take ${percent(share.checking)} of computing, hashing of outputs ${percent(share.hashing)}`,
    );
    const passed =
      demands === 0 && traces === checks && share.checking <= TARGET.checking && share.hashing <= TARGET.hashing;
    const figures = { units: UNITS, demands, shards, traces, checks, computing, checking, hashing, share };
    console.log(
      `${passed ? "met" : "MISSED"}; written to ${await writeResult("self-checks", { ...figures, target: TARGET, passed })}`,
    );
    return passed;
  } finally {
    await backend.dispose();
    await running.stop();
  }
}

if (isMain(import.meta.url)) process.exitCode = (await benchSelfChecks()) ? 0 : 1;
