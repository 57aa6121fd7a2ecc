import { contractInterface, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { RevertError } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

/** A unit that a cheat has claimed. */
export interface Prey {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
}

/** The claim that this account holds already, else a random free unit of the newest job that has one, claimed now. Unlike a worker it looks at nothing first. */
export async function claimAny(context: ServiceContext): Promise<Prey | undefined> {
  const { follower, sender } = context;
  const jobs = [...(await follower.sync(sender.lastBlock)).jobs.values()].reverse();
  for (const job of jobs) {
    const held = job.units.active().find(({ worker }) => worker === sender.address);
    if (held !== undefined) return { job, unit: held };
  }
  for (const job of jobs) {
    const unit = job.units.findFree(Math.floor(Math.random() * job.units.length), () => true);
    if (unit !== undefined && !job.cancelled) return claimUnit(context, job, unit.index);
  }
  return undefined;
}

async function claimUnit(context: ServiceContext, job: JobRecord, index: number): Promise<Prey | undefined> {
  const { chain, follower, sender } = context;
  const data = chain.contracts.market.interface.encodeFunctionData("claim", [job.terms, [index]]);
  try {
    await sender.send({ to: chain.network.addresses.market, data, label: "claim" });
  } catch (error) {
    if (error instanceof RevertError) return undefined;
    throw error;
  }
  const fresh = (await follower.sync(sender.lastBlock)).jobs.get(job.jobId);
  return fresh === undefined ? undefined : { job: fresh, unit: fresh.units.get(index) };
}

/** Commits and gives the unit as it is now committed. */
export async function commitClaim(
  context: ServiceContext,
  { job, unit }: Prey,
  outputsRoot: string,
  outputs: string,
): Promise<Prey> {
  const { chain, sender } = context;
  const data = chain.contracts.market.interface.encodeFunctionData("commit", [
    job.terms,
    unit.index,
    unit.key,
    outputsRoot,
    outputs,
  ]);
  const receipt = await sender.send({ to: chain.network.addresses.market, data, label: "commit" });
  const abi = contractInterface("JobMarket");
  const event = receipt.logs.map((log) => abi.parseLog(log)).find((parsed) => parsed?.name === "ClaimCommitted");
  const windowEnd = Number(event?.args.windowEnd as bigint);
  return { job, unit: { ...unit, status: "committed", outputsRoot, outputs, windowEnd } };
}
