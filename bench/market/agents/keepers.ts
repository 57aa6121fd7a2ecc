import { prove, seal, settle } from "../jobs.ts";
import type { Job } from "../state.ts";
import type { World } from "../world.ts";

/** Checks every committed claim, seals the proof against a wrong one and shows it a block later. */
export async function stepValidator(world: World, address: string): Promise<void> {
  for (const job of world.state.jobs.values()) {
    if (!job.lies || job.proved || job.windowEnd === 0 || job.status !== "committed") continue;
    if (!job.sealed) await seal(world, job, address);
    else {
      await prove(world, job, address);
      job.proved = true;
      world.state.day.proofs++;
    }
    job.sealed = true;
  }
}

/** Settles what has stood its window, forfeits what fell, and keeps the price history of a quiet pool. */
export async function stepUpkeep(world: World, address: string): Promise<void> {
  const { state, view } = world;
  for (const job of state.jobs.values()) {
    if (job.status !== "committed" || view.time <= job.windowEnd) continue;
    await settle(world, job.terms, address);
    if (job.proved) reopen(job);
    else {
      state.jobs.delete(job.number);
      state.surplus += job.worth;
      state.day.settled++;
    }
  }
  await world.observe(address);
}

function reopen(job: Job): void {
  Object.assign(job, { status: "open", attempt: job.attempt + 1, worker: "", windowEnd: 0 });
  Object.assign(job, { lies: false, sealed: false, proved: false });
}
