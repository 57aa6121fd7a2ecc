import type { ContractTransactionResponse } from "ethers";

import { CU, DAY, ORION, deployMarketFixture, type MarketFixture } from "../../test/support/market-fixture.ts";
import { MINTED, fundMints, postMinted } from "../../test/support/minted-jobs.ts";
import { marketSteps, type Job, type MarketSteps } from "../../test/support/market-steps.ts";

/** Gas of named actions; every figure is a whole transaction with its 21,000 and its calldata, or a stated share of some. */
export type GasFigures = Readonly<Record<string, number>>;

/** The five transactions of a job, each kind summed. */
export interface JobGas {
  readonly post: number;
  readonly manifest: number;
  readonly claim: number;
  readonly commit: number;
  readonly settle: number;
}

/** Claims of 64 shards, and what they lock at least. */
const WIDE = { shardsPerClaim: 64, collateralPerClaim: 128n * ORION } as const;

interface Meter {
  readonly f: MarketFixture;
  readonly steps: MarketSteps;
}

type Sending = ContractTransactionResponse | Promise<ContractTransactionResponse>;

export async function gasOf(sending: Sending): Promise<number> {
  const receipt = await (await sending).wait();
  if (receipt === null) throw new Error("the transaction was not mined");
  return Number(receipt.gasUsed);
}

/** The life of one job whose units are all claimed in one transaction, committed one by one and settled in one. */
export async function gasOfJob(
  { f, steps }: Meter,
  shape: Parameters<MarketFixture["terms"]>[0] = {},
): Promise<JobGas> {
  const [worker] = f.workers;
  const terms = f.terms(shape);
  const units = Array.from({ length: Math.ceil(terms.shards / terms.shardsPerClaim) }, (_, index) => index);
  const post = await gasOf(f.market.connect(f.poster).postJob(terms));
  const job: Job = { terms, id: await f.market.jobIdOf(terms) };
  const manifest = await gasOf(steps.publish(job));
  const claim = await gasOf(steps.claim(job, worker, units));
  let commit = 0;
  for (const unit of units) commit += await gasOf(steps.commit(job, worker, unit));
  await steps.passWindow();
  return { post, manifest, claim, commit, settle: await gasOf(steps.settle(job, units)) };
}

export function sum(gas: JobGas): number {
  return gas.post + gas.manifest + gas.claim + gas.commit + gas.settle;
}

/** Measures everything on a chain in this process. The same contracts give the same figures, to the unit. */
export async function measureGas(): Promise<GasFigures> {
  const f = await deployMarketFixture();
  const meter = { f, steps: marketSteps(f) };
  const empty = await gasOfJob(meter);
  // A job that stays open: what a market pays out never brings its own balance back to zero, which would be refunded.
  await meter.steps.post();
  return {
    ...(await jobFigures(meter)),
    "job of one shard, first of its parties": sum(empty),
    "post, into an empty market": empty.post,
    "settle, first payment to its recipients": empty.settle,
    ...(await marketFigures(meter)),
    ...(await otherFigures(meter)),
    ...(await mintedFigures(meter)),
  };
}

async function jobFigures(meter: Meter): Promise<GasFigures> {
  const one = await gasOfJob(meter);
  const bag = await gasOfJob(meter, { shards: 10 });
  const wide = await gasOfJob(meter, { shards: 64, ...WIDE });
  const large = await gasOfJob(meter, { shards: 1000, rows: 64_000n, ...WIDE });
  return {
    ...one,
    "job of one shard": sum(one),
    "job of ten units of one shard, per unit": Math.round(sum(bag) / 10),
    "job of 64 shards in one claim, per shard": Math.round(sum(wide) / 64),
    "job of 1,000 shards in 16 claims": sum(large),
    "job of 1,000 shards in 16 claims, per shard": Math.round(sum(large) / 1000),
  };
}

async function marketFigures({ f, steps }: Meter): Promise<GasFigures> {
  const [worker] = f.workers;
  const jobs = [await steps.post(), await steps.post(), await steps.post(), await steps.post()] as const;
  const [accepted, expired, cancelled, tipped] = jobs;
  await steps.claim(expired, worker);
  await steps.passClaimPeriod();
  const expire = await gasOf(steps.expire(expired));
  await steps.work(accepted, worker);
  const accept = await gasOf(f.market.connect(f.poster).accept(accepted.terms, [0]));
  const tip = await gasOf(steps.tip(tipped, CU));
  await steps.work(tipped, worker);
  await steps.passWindow();
  const settleTipped = await gasOf(steps.settle(tipped));
  return { accept, expire, cancel: await gasOf(steps.cancel(cancelled)), tip, "settle with a tip": settleTipped };
}

async function otherFigures({ f }: Meter): Promise<GasFigures> {
  const { registry, credits, market, owner } = f;
  const [, worker, other] = f.workers;
  const stake = await gasOf(registry.connect(worker).stake(worker, market, ORION));
  const withdraw = await gasOf(registry.connect(worker).withdraw(market, ORION, worker));
  const deauthorise = await gasOf(registry.connect(worker).authorise(market, false));
  const authorise = await gasOf(registry.connect(worker).authorise(market, true));
  const mint = await gasOf(credits.mint(4n * CU, DAY, 2n ** 128n - 1n, owner));
  const id = await credits.positions();
  const redeem = await gasOf(credits.redeem(id, CU));
  const roll = await gasOf(credits.roll(id, 30 * DAY, 2n ** 128n - 1n));
  await f.time.increase(31 * DAY);
  const deliver = await gasOf(credits.deliver(id, CU));
  const handOn = await gasOf(credits.transferPosition(id, other));
  return { stake, withdraw, authorise, deauthorise, mint, redeem, roll, deliver, "hand on a position": handOn };
}

/** Jobs whose escrow is minted for them. The second mint of a day: the first one writes its quota anew. */
async function mintedFigures({ f, steps }: Meter): Promise<GasFigures> {
  await fundMints(f);
  await postMinted(f);
  const terms = f.terms({ options: MINTED });
  const post = await gasOf(f.credits.connect(f.poster).mintForJob(terms, 30 * DAY, 2n ** 128n - 1n));
  const job: Job = { terms, id: await f.market.jobIdOf(terms) };
  return { "post with a mint": post, "cancel with minted escrow": await gasOf(steps.cancel(job)) };
}
