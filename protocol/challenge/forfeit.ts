import type { JobRecord, UnitRecord } from "../chain/index.ts";
import type { ServiceContext } from "../jobs/index.ts";

/** Has the market take the lock of a fallen claim and pay the finder; false if somebody else was faster. */
export async function forfeit(context: ServiceContext, job: JobRecord, unit: UnitRecord): Promise<boolean> {
  const { chain, sender, follower, log } = context;
  const fresh = (await follower.sync(sender.lastBlock)).jobs.get(job.jobId)?.units.get(unit.index);
  if (fresh?.key !== unit.key || fresh.status !== "committed") return false;
  const data = chain.contracts.market.interface.encodeFunctionData("settle", [job.terms, [unit.index]]);
  context.step?.("validator:forfeiting");
  await sender.send({ to: chain.network.addresses.market, data, label: "forfeit" });
  context.step?.("validator:forfeited");
  log.info({ key: unit.key, unit: unit.index }, "the lock of a wrong claim is forfeit");
  await follower.sync(sender.lastBlock);
  return true;
}
