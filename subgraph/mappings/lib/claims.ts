import { BigInt, Bytes } from "@graphprotocol/graph-ts";

import { UnitSettled } from "../../generated/JobMarket/JobMarket";
import { Claim, Dispute, Job, Market, Penalty, Provider, Unit, Worker } from "../../generated/schema";
import { ZERO } from "./numbers";
import { loadKeeper } from "./providers";

export function newClaim(key: Bytes, job: Job, unit: Unit, worker: Worker, provider: Provider): Claim {
  const claim = new Claim(key);
  claim.job = job.id;
  claim.unit = unit.id;
  claim.worker = worker.id;
  claim.provider = provider.id;
  claim.shards = unit.to.minus(unit.from);
  claim.state = "CLAIMED";
  claim.pay = ZERO;
  claim.tip = ZERO;
  claim.fee = ZERO;
  claim.burned = ZERO;
  claim.compensation = ZERO;
  claim.reward = ZERO;
  claim.reserved = ZERO;
  return claim;
}

/** A claim that was settled after demands is closed with the judge as well, which emits nothing then. */
export function closeDispute(claim: Claim): void {
  const id = claim.dispute;
  if (id === null) return;
  const dispute = Dispute.load(id);
  if (dispute === null) return;
  dispute.closed = true;
  dispute.save();
}

export function settleUnit(claim: Claim): void {
  const unit = Unit.load(claim.unit);
  if (unit === null) return;
  unit.state = "SETTLED";
  unit.deadline = ZERO;
  unit.save();
}

/** Books what a settled claim has earned: with its provider, told apart by who claimed, and with the keeper. */
export function bookPay(event: UnitSettled, claim: Claim, work: BigInt): void {
  const p = event.params;
  const isProvidersFee = p.feeTo.equals(p.provider);
  const provider = Provider.load(claim.provider);
  if (provider !== null) {
    provider.earnedPay = provider.earnedPay.plus(p.pay);
    provider.earnedTips = provider.earnedTips.plus(p.tip);
    if (isProvidersFee) provider.earnedFees = provider.earnedFees.plus(p.fee);
    provider.settledWork = provider.settledWork.plus(work);
    provider.settledCount++;
    provider.save();
  }
  const worker = Worker.load(claim.worker);
  if (worker !== null) {
    worker.earnedPay = worker.earnedPay.plus(p.pay);
    worker.earnedTips = worker.earnedTips.plus(p.tip);
    if (isProvidersFee) worker.earnedFees = worker.earnedFees.plus(p.fee);
    worker.settledWork = worker.settledWork.plus(work);
    worker.settledCount++;
    unlock(worker, claim);
    worker.save();
  }
  if (isProvidersFee || p.fee.isZero()) return;
  const keeper = loadKeeper(p.feeTo);
  keeper.earnedFees = keeper.earnedFees.plus(p.fee);
  keeper.save();
}

/** Books what a claim has cost. */
function bookLoss(claim: Claim, penalty: Penalty): void {
  const expired = penalty.fault == "EXPIRED";
  const provider = Provider.load(claim.provider);
  if (provider !== null) {
    if (expired) provider.expiredCount++;
    else provider.forfeitedCount++;
    provider.save();
  }
  const worker = Worker.load(claim.worker);
  if (worker === null) return;
  if (expired) worker.expiredCount++;
  else worker.forfeitedCount++;
  const paidOut = penalty.compensation.plus(penalty.reward).plus(penalty.reserved);
  worker.slashed = worker.slashed.plus(penalty.burned).plus(paidOut);
  unlock(worker, claim);
  worker.save();
}

function unlock(worker: Worker, claim: Claim): void {
  worker.locked = worker.locked.minus(claim.collateral);
  worker.unsettled--;
}

export function newPenalty(id: Bytes, claim: Claim, fault: string): Penalty {
  const penalty = new Penalty(id);
  penalty.job = claim.job;
  penalty.unit = claim.unit;
  penalty.claim = claim.id;
  penalty.worker = claim.worker;
  penalty.provider = claim.provider;
  penalty.fault = fault;
  return penalty;
}

/** Books a penalty with its claim, job and market, and returns the unit; of a cancelled job it is refunded by an event of its own. */
export function punish(market: Market, job: Job, claim: Claim, penalty: Penalty): void {
  claim.state = penalty.fault;
  claim.endedAt = penalty.timestamp;
  claim.burned = penalty.burned;
  claim.compensation = penalty.compensation;
  claim.reward = penalty.reward;
  claim.reserved = penalty.reserved;
  claim.save();
  bookLoss(claim, penalty);
  job.burned = job.burned.plus(penalty.burned);
  job.compensated = job.compensated.plus(penalty.compensation);
  job.rewarded = job.rewarded.plus(penalty.reward);
  job.reserved = job.reserved.plus(penalty.reserved);
  if (!job.cancelled) job.unclaimed = job.unclaimed.plus(claim.shards);
  job.save();
  market.burned = market.burned.plus(penalty.burned);
  market.compensated = market.compensated.plus(penalty.compensation);
  market.rewarded = market.rewarded.plus(penalty.reward);
  market.reserved = market.reserved.plus(penalty.reserved);
  market.collateral = market.collateral.minus(claim.collateral);
  market.save();
  const unit = Unit.load(claim.unit);
  if (unit === null) return;
  unit.state = "FREE";
  unit.worker = null;
  unit.claim = null;
  unit.attempt++;
  unit.deadline = ZERO;
  unit.committedAt = ZERO;
  unit.save();
}
