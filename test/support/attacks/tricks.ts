import { setTimeout as delay } from "node:timers/promises";

import type { Call, UnitRecord } from "@orion/protocol/chain";
import { OrionError, toHex } from "@orion/protocol/common";
import { openDemands, readDisputes, subjectOf, timeoutCall } from "@orion/protocol/disputes";
import { putOutputs } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { joinRows, outputsTree, shardLeaf, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

import { createFalsifier } from "../../../scripts/start/adversary/falsifier.ts";
import { createWithholder } from "../../../scripts/start/adversary/withholder.ts";
import { LIAR, WORKERS } from "../chaos/plan.ts";
import type { Rolls } from "../chaos/rolls.ts";
import { jobOf } from "../network/checks.ts";
import { caseOf, demandTraceOf, openClaim } from "../network/demand-trace.ts";
import { HostileView, truthOf } from "../network/hostile-demands.ts";
import { startHere } from "../network/in-process.ts";
import { marketCalls } from "../network/market-calls.ts";
import { ACCOUNTS, accountAt, ORION, type TestNetwork } from "../network/test-network.ts";
import { BATCH, postTinyJob, tinyImages, tinyProgram, type TinyJob } from "../network/tiny-job.ts";

/** The worker that nothing may be taken from, and an account with a stake that an adversary uses. */
export const [HONEST, ACCOMPLICE] = WORKERS;
const STRANGER = ACCOUNTS.stranger;
/** More than any demand costs here; the rest stays the sender's balance. */
const PLENTY = 10n ** 17n;
const LOOK_MS = 150;
const DECOY_SHARDS = 12;

/** What an adversary has to play with. */
export interface Stage {
  readonly running: TestNetwork;
  readonly backend: Backend;
  readonly rolls: Rolls;
  /** Jobs that are to be done. */
  readonly jobs: readonly TinyJob[];
  /** Aborts when the adversary gives up. */
  readonly signal: AbortSignal;
}

/** One way to harm honest parties; goes on until the signal aborts, or ends by itself. */
export type Trick = (stage: Stage) => Promise<void>;

/** What the chain refuses is no surprise to an adversary. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof OrionError)) throw error;
  }
}

async function again(signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await look();
    await delay(LOOK_MS);
  }
}

async function committedBy(stage: Stage, account: number): Promise<{ job: TinyJob; unit: UnitRecord }[]> {
  const { address } = accountAt(account);
  const records = await Promise.all(stage.jobs.map((job) => jobOf(stage.running, job)));
  return stage.jobs.flatMap((job, i) =>
    [...(records[i]?.units ?? [])]
      .filter(({ status, worker }) => status === "committed" && worker === address)
      .map((unit) => ({ job, unit })),
  );
}

/** Commits to wrong outputs; publishes and answers, or does not. */
const lie: Trick = async ({ running, backend, rolls, signal }) => {
  const context = { ...running.context(LIAR), backend };
  const options = { intervalMs: LOOK_MS, publishes: rolls.chance(0.5), answers: rolls.chance(0.7), random: rolls.next };
  const liar = startHere(rolls.chance(0.8) ? createFalsifier(context, options) : createWithholder(context, options));
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  // It may have let its claim expire.
  await attempt(() => liar.stop());
};

/** Demands whatever there is to demand of the honest worker's claims, one after the other or all at once. */
const flood: Trick = async (stage) => {
  const { running, rolls, signal } = stage;
  const [most, atOnce] = [rolls.whole(3, 12), rolls.whole(1, 8)];
  let made = 0;
  await again(signal, async () => {
    for (const { job, unit } of await committedBy(stage, HONEST)) {
      if (made >= most) return;
      const view = new HostileView(running, job, unit, truthOf(job));
      await view.refresh();
      const wanted = view.wanted();
      for (let i = 0; i < atOnce && wanted.length > 0 && made < most; i++) {
        const [one] = wanted.splice(rolls.whole(0, wanted.length - 1), 1);
        if (one === undefined) continue;
        made++;
        await attempt(() => running.sender(STRANGER).send(view.call(one, PLENTY)));
      }
    }
  });
};

/** A friend of the liar asks for the wrong shard first. */
const befriend: Trick = async (stage) => {
  const { running, rolls, signal } = stage;
  const asked = new Set<string>();
  await again(signal, async () => {
    for (const { job, unit } of await committedBy(stage, LIAR)) {
      if (asked.has(unit.key)) continue;
      asked.add(unit.key);
      await attempt(async () => {
        const known = await openClaim(running, job, unit);
        const shard = rolls.whole(0, unit.to - unit.from - 1);
        await running.sender(ACCOMPLICE).send(await demandTraceOf(caseOf(running, job, unit), known, shard));
      });
    }
  });
};

/** Tries to end every claim with an open demand before its time. */
const hurry: Trick = async (stage) => {
  const { running, signal } = stage;
  await again(signal, async () => {
    for (const { unit } of await committedBy(stage, HONEST)) {
      const state = await readDisputes(running.chain, [unit.key], running.network.deployBlock);
      const [open] = openDemands(state.of(running.network.addresses.market, unit.key));
      if (open === undefined) continue;
      const subject = subjectOf(open.what, { shards: unit.to - unit.from }, unit.from);
      await attempt(() => running.sender(STRANGER).send(timeoutCall({ chain: running.chain, unit }, subject)));
    }
  });
};

/** Claims a unit and vanishes. */
const abandon: Trick = async ({ running, rolls, jobs, signal }) => {
  await delay(rolls.whole(0, 1_000), undefined, { signal }).catch(() => undefined);
  const job = rolls.pick(jobs);
  const { units } = await jobOf(running, job);
  const free = units.findFree(0, () => true);
  if (free !== undefined) await attempt(() => marketCalls(running, ACCOMPLICE).claim(job.terms, [free.index]));
};

/** Publishes what is no manifest and no result. */
const misinform: Trick = async ({ running, jobs }) => {
  for (const { terms, jobId } of jobs) {
    const stranger = marketCalls(running, STRANGER);
    await attempt(() => stranger.publishManifest(terms, terms.salt));
    await attempt(() => stranger.publishResult(jobId, terms.salt, terms.dataset));
  }
};

/** Right claims of many identical shards, which cost little to make, to keep a validator busy. */
const decoy: Trick = async ({ running, rolls, signal }) => {
  const shard = tinyImages(BATCH, rolls.whole(1, 1_000));
  const inputs = joinRows(
    Array.from({ length: DECOY_SHARDS }, () => shard),
    DECOY_SHARDS * BATCH,
    BATCH,
  );
  const options = { shards: DECOY_SHARDS, shardsPerClaim: DECOY_SHARDS, content: { program: tinyProgram(), inputs } };
  const job = await postTinyJob(running, options);
  await attempt(() => marketCalls(running, ACCOMPLICE).claim(job.terms, [0]));
  const unit = (await jobOf(running, job)).units.get(0);
  if (unit.worker !== accountAt(ACCOMPLICE).address || signal.aborted) return;
  await attempt(async () => running.sender(ACCOMPLICE).send(await rightCommit(running, job, unit.key)));
};

async function rightCommit(running: TestNetwork, job: TinyJob, key: string): Promise<Call> {
  const { outputNodes } = job.program.program;
  const outputs = truthOf(job).map((values) => outputNodes.map((node) => values[node] as Tensor));
  const outputRoots = outputs.map((of) => of.map((tensor) => tensorRoot(toBytes(tensor), nativeSha256)));
  const { root } = outputsTree(
    outputRoots.map((roots) => shardLeaf(roots, nativeSha256)),
    nativeSha256,
  );
  const claim = { key, outputsRoot: root, from: 0, to: outputs.length, outputRoots, outputs };
  const digest = await putOutputs(running.store, claim);
  const { market } = running.chain.contracts;
  const data = market.interface.encodeFunctionData("commit", [job.terms, 0, key, toHex(root), digest]);
  return { to: running.network.addresses.market, data, label: "commit" };
}

/** Jobs that a worker must leave alone: of other inputs than they name, and with a lock far above their pay. */
const bait: Trick = async ({ running, rolls }) => {
  await attempt(() => postTinyJob(running, { shards: 1, seed: 77, terms: { inputsRoot: `0x${"7".repeat(64)}` } }));
  await attempt(() =>
    postTinyJob(running, { shards: 1, seed: 78, terms: { collateralPerClaim: BigInt(rolls.whole(2, 50)) * ORION } }),
  );
};

export const TRICKS: Readonly<Record<string, Trick>> = {
  lie,
  flood,
  befriend,
  hurry,
  abandon,
  misinform,
  decoy,
  bait,
};
