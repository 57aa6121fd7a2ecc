import { setTimeout as delay } from "node:timers/promises";

import { Wallet } from "ethers";

import { createOrchestrator, createUpkeepKeeper, createValidator } from "@orion/keepers";
import { isFinished, type JobRecord } from "@orion/protocol/chain";
import type { Service } from "@orion/protocol/common";
import { openDemands, readDisputes } from "@orion/protocol/disputes";
import type { Backend } from "@orion/protocol/kernels";
import { createWorker } from "@orion/worker";

import { sealSecretOf } from "../../../cli/validator/seal-secret.ts";
import { startChainTime, type ChainTime } from "../chaos/chain-time.ts";
import { LIAR, VALIDATOR } from "../chaos/plan.ts";
import { rollsOf } from "../chaos/rolls.ts";
import { removeFolder, seedFolder, STAKE, type Site } from "../chaos/site.ts";
import { jobOf } from "../network/checks.ts";
import { HostileView, truthOf } from "../network/hostile-demands.ts";
import { startHere } from "../network/in-process.ts";
import { journalDirOf } from "../network/services.ts";
import { ACCOUNTS, accountAt, type TestNetwork } from "../network/test-network.ts";
import { postTinyJob, type TinyJob } from "../network/tiny-job.ts";
import { patient } from "../patience.ts";
import { ACCOMPLICE, HONEST, TRICKS, type Trick } from "./tricks.ts";

/** What one seed came to. */
export interface AttacksOutcome {
  readonly tricks: readonly string[];
  readonly jobs: number;
  readonly demands: number;
  /** Claims that fell or expired, of the adversary's accounts all. */
  readonly penalties: number;
}

const FAST = { intervalMs: 100 };
const BLOCK_MS = 100;
/** Chain time of a block: while somebody has something to do, and while nothing is left but to wait. */
const [BUSY_SECONDS, WAITING_SECONDS] = [1, 200];
const ATTACK_MS = 5_000;
const SETTLE_MS = 90_000;
const LOOK_MS = 200;
/** Seconds before which a demand waits for its turn. */
const SOON = 400;

/**
 * Plays some of the tricks at random against the default worker and the default validator. @throws Error where an honest lock was slashed, a wrong claim was paid, or something did not
 * settle
 */
export async function playAttacks(site: Site, backend: Backend, seed: number): Promise<AttacksOutcome> {
  const dir = await seedFolder(seed);
  const running = await site.begin(dir);
  const time = startChainTime(running.chainProcess, BLOCK_MS, BUSY_SECONDS);
  const services = honestServices(running, backend).map(startHere);
  const giveUp = new AbortController();
  const rolls = rollsOf(seed, "attacks");
  try {
    const jobs: TinyJob[] = [];
    for (let i = rolls.whole(1, 2); i > 0; i--) {
      const shards = rolls.whole(2, 6);
      jobs.push(await postTinyJob(running, { shards, shardsPerClaim: rolls.whole(1, 3), seed: seed * 2 + i }));
    }
    const names = Object.keys(TRICKS);
    const tricks = names.filter(() => rolls.chance(0.5));
    if (tricks.length === 0) tricks.push(rolls.pick(names));
    const stage = (name: string) => ({ running, backend, jobs, signal: giveUp.signal, rolls: rollsOf(seed, name) });
    const playing = Promise.all(tricks.map((name) => (TRICKS[name] as Trick)(stage(name))));
    // Whatever ends a service or an adversary ends the seed.
    const never = new Promise<never>(() => undefined);
    const failed = Promise.race([
      time.failed,
      playing.then(() => never),
      ...services.map(({ ended }) => ended.then(() => never)),
    ]);
    await Promise.race([delay(ATTACK_MS), failed]);
    await Promise.race([untilSettled(running, jobs, time, () => giveUp.abort()), failed]);
    giveUp.abort();
    await playing;
    return { tricks, jobs: jobs.length, ...(await judged(running, jobs)) };
  } finally {
    giveUp.abort();
    await Promise.allSettled(services.map((service) => service.stop()));
    await time.stop().catch(() => undefined);
    await running.stop();
    await removeFolder(dir);
  }
}

function honestServices(running: TestNetwork, backend: Backend): Service[] {
  const sealSecret = (account: number): string => sealSecretOf(new Wallet(accountAt(account).privateKey));
  const worker = { ...running.context(HONEST), backend, journalDir: journalDirOf(running, HONEST) };
  return [
    createOrchestrator(running.context(ACCOUNTS.orchestrator), FAST),
    createUpkeepKeeper(running.context(ACCOUNTS.upkeep), FAST),
    createWorker({ ...worker, sealSecret: sealSecret(HONEST) }, FAST),
    createValidator({ ...running.context(VALIDATOR), backend, sealSecret: sealSecret(VALIDATOR) }, FAST),
  ];
}

/** Drives time until all jobs are done. New attacks end once half of the time is over. */
async function untilSettled(
  running: TestNetwork,
  jobs: readonly TinyJob[],
  time: ChainTime,
  giveUp: () => void,
): Promise<void> {
  const start = performance.now();
  const limit = patient(SETTLE_MS);
  for (;;) {
    const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
    if (records.every(isFinished)) {
      return;
    }
    const passed = performance.now() - start;
    if (passed > limit / 2) giveUp();
    if (passed > limit) {
      throw new Error(`not settled after ${String(Math.round(limit / 1_000))} s: ${stateOf(records)}`);
    }
    time.blockSeconds = (await isWaiting(running, records)) ? WAITING_SECONDS : BUSY_SECONDS;
    await delay(LOOK_MS);
  }
}

/** Whether nobody has anything to do but to wait for windows, deadlines and turns. */
async function isWaiting(running: TestNetwork, records: readonly JobRecord[]): Promise<boolean> {
  const cheats = new Set([LIAR, ACCOMPLICE].map((account) => accountAt(account).address));
  const units = records.flatMap((job) => [...job.units]);
  const now = (await running.chain.provider.getBlock("latest"))?.timestamp ?? 0;
  const state = await readDisputes(running.chain, "all", running.network.deployBlock);
  const { answerPeriod } = await running.chain.contracts.disputes.profile(0);
  const { market } = running.network.addresses;
  return units.every(({ status, worker, key }) => {
    if (status === "settled") return true;
    if (status === "free") return false;
    if (status === "claimed") return cheats.has(worker);
    const open = openDemands(state.of(market, key));
    if (cheats.has(worker)) return open.length > 0 && open.every(({ deadline }) => deadline > now + SOON);
    return open.every(({ deadline }) => deadline > now + Number(answerPeriod) + SOON);
  });
}

function stateOf(records: readonly JobRecord[]): string {
  return records.map((job) => [...job.units].map(({ status, worker }) => `${status} ${worker}`).join(", ")).join("; ");
}

/** Checks what became of everybody, also in the adversary's own jobs. */
async function judged(
  running: TestNetwork,
  jobs: readonly TinyJob[],
): Promise<Pick<AttacksOutcome, "demands" | "penalties">> {
  const { registry } = running.chain.contracts;
  const honest = accountAt(HONEST).address;
  const all = [...(await running.follower.sync()).jobs.values()];
  const penalties = all.flatMap((job) => job.penalties);
  const slashed = penalties.filter(({ worker }) => worker === honest);
  if (slashed.length > 0) throw new Error(`the honest worker lost the lock of ${String(slashed[0]?.key)}`);
  const wrong = all.flatMap(({ payments }) => payments).filter(({ worker }) => worker === accountAt(LIAR).address);
  if (wrong.length > 0) throw new Error(`the liar was paid for ${String(wrong[0]?.key)}`);
  const { free, locked } = await registry.account(honest, running.network.addresses.market);
  if (free + locked !== STAKE) {
    throw new Error(`the honest worker staked ${String(STAKE)} and has ${String(free + locked)}`);
  }
  for (const job of jobs) {
    const truth = truthOf(job);
    // Throws where what was settled is not right.
    for (const unit of (await jobOf(running, job)).units) new HostileView(running, job, unit, truth);
  }
  const state = await readDisputes(running.chain, "all", running.network.deployBlock);
  const demands = [...state.claims.values()].reduce((sum, claim) => sum + claim.demands.size, 0);
  return { demands, penalties: penalties.length };
}
