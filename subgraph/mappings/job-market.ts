import { Address, BigInt, Bytes } from "@graphprotocol/graph-ts";

import {
  ClaimCommitted,
  ItemSkipped,
  JobCancelled,
  JobPosted,
  ManifestPublished,
  ParameterChanged,
  PausedSet,
  ResultPublished,
  TipAdded,
  UnitClaimed,
  UnitExpired,
  UnitForfeited,
  UnitRefunded,
  UnitSettled,
} from "../generated/JobMarket/JobMarket";
import {
  Claim,
  Dispute,
  Job,
  Manifest,
  Market,
  Payment,
  Penalty,
  Provider,
  Refund,
  Result,
  SkippedItem,
  Tip,
  Unit,
} from "../generated/schema";
import { dagCid, eventId, fixed } from "./lib/bytes";
import { loadChallenger } from "./lib/challengers";
import { loadMarket, newJob, newUnit, release } from "./lib/jobs";
import { ZERO } from "./lib/numbers";
import { recordParameter, recordPause } from "./lib/parameters";
import { knownProvider, loadKeeper, newProvider } from "./lib/providers";

export function handleJobPosted(event: JobPosted): void {
  const p = event.params;
  const job = newJob(event.address, p.jobId, p.payer, p.terms);
  job.stampedAt = event.block.timestamp;
  job.postedAt = event.block.timestamp;
  job.transaction = event.transaction.hash;
  job.save();

  const market = loadMarket(event.address);
  market.jobCount++;
  market.escrow = market.escrow.plus(job.escrow);
  market.escrowPosted = market.escrowPosted.plus(job.escrow);
  market.save();
}

export function handleManifestPublished(event: ManifestPublished): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  if (job === null) return;
  if (p.earnsFee) {
    job.published = true;
    job.stampedAt = event.block.timestamp;
    job.save();
    const keeper = loadKeeper(p.publisher);
    keeper.manifestCount++;
    keeper.save();
  }
  const manifest = new Manifest(eventId(event));
  manifest.job = job.id;
  manifest.publisher = p.publisher;
  manifest.manifest = p.manifest;
  manifest.cid = dagCid(p.manifest);
  manifest.earnsFee = p.earnsFee;
  manifest.timestamp = event.block.timestamp;
  manifest.block = event.block.number;
  manifest.transaction = event.transaction.hash;
  manifest.save();
}

export function handleTipAdded(event: TipAdded): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  if (job === null) return;
  job.tipPot = job.tipPot.plus(p.amount);
  job.tipsAdded = job.tipsAdded.plus(p.amount);
  job.save();
  const market = loadMarket(event.address);
  market.tips = market.tips.plus(p.amount);
  market.tipsAdded = market.tipsAdded.plus(p.amount);
  market.save();

  const tip = new Tip(eventId(event));
  tip.job = job.id;
  tip.payer = p.payer;
  tip.amount = p.amount;
  tip.timestamp = event.block.timestamp;
  tip.block = event.block.number;
  tip.transaction = event.transaction.hash;
  tip.save();
}

export function handleUnitClaimed(event: UnitClaimed): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  if (job === null) return;
  const id = unitId(p.jobId, p.unit);
  const known = Unit.load(id);
  const unit = known === null ? newUnit(id, job, p.unit) : known;
  const shards = unit.to.minus(unit.from);
  job.unclaimed = job.unclaimed.minus(shards);
  job.save();

  const known2 = knownProvider(p.worker);
  const worker = known2 === null ? newProvider(p.worker, event.block.timestamp) : known2;
  worker.claimCount++;
  worker.save();

  const claim = newClaim(p.key, job, unit, worker);
  claim.attempt = p.attempt;
  claim.collateral = p.collateral;
  claim.claimedAt = event.block.timestamp;
  claim.deadline = p.deadline;
  claim.save();

  unit.state = "CLAIMED";
  unit.worker = worker.id;
  unit.attempt = p.attempt;
  unit.deadline = p.deadline;
  unit.claim = claim.id;
  unit.save();

  const market = loadMarket(event.address);
  market.claimCount++;
  market.collateral = market.collateral.plus(p.collateral);
  market.save();
}

export function handleClaimCommitted(event: ClaimCommitted): void {
  const p = event.params;
  const claim = Claim.load(p.key);
  if (claim === null) return;
  claim.state = "COMMITTED";
  claim.committedAt = event.block.timestamp;
  claim.claimRoot = p.claimRoot;
  claim.outputs = p.outputs;
  claim.windowEnd = p.windowEnd;
  claim.save();
  const unit = Unit.load(claim.unit);
  if (unit === null) return;
  unit.state = "COMMITTED";
  unit.committedAt = event.block.timestamp;
  unit.save();
}

export function handleUnitSettled(event: UnitSettled): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  const claim = Claim.load(p.key);
  if (job === null || claim === null) return;
  const market = loadMarket(event.address);
  const work = claim.shards.times(job.workPerShard);
  release(market, job, claim.shards, p.tip, event.block.timestamp);
  job.paidForWork = job.paidForWork.plus(p.pay);
  job.paidTips = job.paidTips.plus(p.tip);
  job.paidFees = job.paidFees.plus(p.fee);
  job.save();

  market.paidForWork = market.paidForWork.plus(p.pay);
  market.paidTips = market.paidTips.plus(p.tip);
  market.paidFees = market.paidFees.plus(p.fee);
  market.collateral = market.collateral.minus(claim.collateral);
  market.settledWork = market.settledWork.plus(work);
  market.settledShards = market.settledShards.plus(claim.shards);
  market.settledCount++;
  if (p.accepted) market.acceptedCount++;
  market.save();

  claim.state = p.accepted ? "ACCEPTED" : "SETTLED";
  claim.endedAt = event.block.timestamp;
  claim.pay = p.pay;
  claim.tip = p.tip;
  claim.fee = p.fee;
  claim.save();
  closeDispute(claim);
  settleUnit(claim);
  payWorker(event, work);

  const payment = new Payment(eventId(event));
  payment.job = job.id;
  payment.unit = claim.unit;
  payment.claim = claim.id;
  payment.worker = claim.worker;
  payment.pay = p.pay;
  payment.tip = p.tip;
  payment.fee = p.fee;
  payment.feeTo = p.feeTo;
  payment.accepted = p.accepted;
  payment.timestamp = event.block.timestamp;
  payment.block = event.block.number;
  payment.transaction = event.transaction.hash;
  payment.save();
}

export function handleUnitExpired(event: UnitExpired): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  const claim = Claim.load(p.key);
  if (job === null || claim === null) return;
  const penalty = newPenalty(eventId(event), claim, "EXPIRED");
  penalty.burned = p.burned;
  penalty.compensation = p.compensation;
  penalty.reward = ZERO;
  penalty.timestamp = event.block.timestamp;
  penalty.block = event.block.number;
  penalty.transaction = event.transaction.hash;
  penalty.save();

  const market = loadMarket(event.address);
  market.expiredCount++;
  punish(market, job, claim, penalty);
  const worker = Provider.load(claim.worker);
  if (worker === null) return;
  worker.expiredCount++;
  worker.save();
}

export function handleUnitForfeited(event: UnitForfeited): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  const claim = Claim.load(p.key);
  if (job === null || claim === null) return;
  const penalty = newPenalty(eventId(event), claim, "FORFEITED");
  penalty.burned = p.burned;
  penalty.compensation = p.compensation;
  penalty.reward = p.reward;
  if (!p.finder.equals(Address.zero())) {
    penalty.finder = p.finder;
    const finder = loadChallenger(p.finder);
    finder.rewards = finder.rewards.plus(p.reward);
    finder.save();
  }
  penalty.timestamp = event.block.timestamp;
  penalty.block = event.block.number;
  penalty.transaction = event.transaction.hash;
  penalty.save();

  const market = loadMarket(event.address);
  market.forfeitedCount++;
  punish(market, job, claim, penalty);
  const worker = Provider.load(claim.worker);
  if (worker === null) return;
  worker.forfeitedCount++;
  worker.save();
}

/** A unit that returned although its job is cancelled: its share goes back to the poster instead. */
export function handleUnitRefunded(event: UnitRefunded): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  const id = unitId(p.jobId, p.unit);
  const unit = Unit.load(id);
  if (job === null || unit === null) return;
  const market = loadMarket(event.address);
  release(market, job, unit.to.minus(unit.from), p.tip, event.block.timestamp);
  giveBack(market, job, p.refund, p.tip);
  recordRefund(
    eventId(event),
    job,
    id,
    p.refund,
    p.tip,
    ZERO,
    event.block.timestamp,
    event.block.number,
    event.transaction.hash,
  );
}

export function handleItemSkipped(event: ItemSkipped): void {
  const p = event.params;
  const item = new SkippedItem(eventId(event));
  item.job = p.jobId;
  item.unit = p.unit;
  item.reason = skipReason(p.reason);
  item.timestamp = event.block.timestamp;
  item.block = event.block.number;
  item.transaction = event.transaction.hash;
  item.save();
}

export function handleJobCancelled(event: JobCancelled): void {
  const p = event.params;
  const job = Job.load(p.jobId);
  if (job === null) return;
  const market = loadMarket(event.address);
  release(market, job, job.unclaimed, p.tip, event.block.timestamp);
  job.unclaimed = ZERO;
  job.cancelled = true;
  job.keptFees = p.keeperFee;
  market.keptFees = market.keptFees.plus(p.keeperFee);
  market.cancelledJobCount++;
  giveBack(market, job, p.refund, p.tip);
  if (!p.keeperFee.isZero()) {
    const keeper = loadKeeper(job.keeper);
    keeper.keptFees = keeper.keptFees.plus(p.keeperFee);
    keeper.save();
  }
  recordRefund(
    eventId(event),
    job,
    null,
    p.refund,
    p.tip,
    p.keeperFee,
    event.block.timestamp,
    event.block.number,
    event.transaction.hash,
  );
}

export function handleResultPublished(event: ResultPublished): void {
  const p = event.params;
  const result = new Result(eventId(event));
  result.job = p.jobId;
  result.publisher = p.publisher;
  result.resultRoot = p.resultRoot;
  result.result = p.result;
  result.cid = dagCid(p.result);
  result.timestamp = event.block.timestamp;
  result.block = event.block.number;
  result.transaction = event.transaction.hash;
  result.save();
}

export function handleParameterChanged(event: ParameterChanged): void {
  // The first parameters come with the contract itself: its totals are there from then on.
  loadMarket(event.address).save();
  recordParameter(event, event.params.name, event.params.value, null);
}

export function handlePausedSet(event: PausedSet): void {
  const market = loadMarket(event.address);
  market.paused = event.params.paused;
  market.save();
  recordPause(event, event.params.paused);
}

function unitId(job: Bytes, index: BigInt): Bytes {
  return job.concat(fixed(index, 4));
}

function newClaim(key: Bytes, job: Job, unit: Unit, worker: Provider): Claim {
  const claim = new Claim(key);
  claim.job = job.id;
  claim.unit = unit.id;
  claim.worker = worker.id;
  claim.shards = unit.to.minus(unit.from);
  claim.state = "CLAIMED";
  claim.pay = ZERO;
  claim.tip = ZERO;
  claim.fee = ZERO;
  claim.burned = ZERO;
  claim.compensation = ZERO;
  claim.reward = ZERO;
  return claim;
}

/** A claim that was settled after demands is closed with the judge as well, which emits nothing then. */
function closeDispute(claim: Claim): void {
  const id = claim.dispute;
  if (id === null) return;
  const dispute = Dispute.load(id);
  if (dispute === null) return;
  dispute.closed = true;
  dispute.save();
}

function settleUnit(claim: Claim): void {
  const unit = Unit.load(claim.unit);
  if (unit === null) return;
  unit.state = "SETTLED";
  unit.deadline = ZERO;
  unit.save();
}

function payWorker(event: UnitSettled, work: BigInt): void {
  const p = event.params;
  const worker = Provider.load(p.worker);
  if (worker !== null) {
    worker.earnedPay = worker.earnedPay.plus(p.pay);
    worker.earnedTips = worker.earnedTips.plus(p.tip);
    if (p.feeTo.equals(p.worker)) worker.earnedFees = worker.earnedFees.plus(p.fee);
    worker.settledWork = worker.settledWork.plus(work);
    worker.settledCount++;
    worker.save();
  }
  if (p.feeTo.equals(p.worker) || p.fee.isZero()) return;
  const keeper = loadKeeper(p.feeTo);
  keeper.earnedFees = keeper.earnedFees.plus(p.fee);
  keeper.save();
}

function newPenalty(id: Bytes, claim: Claim, fault: string): Penalty {
  const penalty = new Penalty(id);
  penalty.job = claim.job;
  penalty.unit = claim.unit;
  penalty.claim = claim.id;
  penalty.worker = claim.worker;
  penalty.fault = fault;
  return penalty;
}

/** Books a penalty with its claim, job and market, and returns the unit; of a cancelled job it is refunded by an event of its own. */
function punish(market: Market, job: Job, claim: Claim, penalty: Penalty): void {
  claim.state = penalty.fault;
  claim.endedAt = penalty.timestamp;
  claim.burned = penalty.burned;
  claim.compensation = penalty.compensation;
  claim.reward = penalty.reward;
  claim.save();
  job.burned = job.burned.plus(penalty.burned);
  job.compensated = job.compensated.plus(penalty.compensation);
  job.rewarded = job.rewarded.plus(penalty.reward);
  if (!job.cancelled) job.unclaimed = job.unclaimed.plus(claim.shards);
  job.save();
  market.burned = market.burned.plus(penalty.burned);
  market.compensated = market.compensated.plus(penalty.compensation);
  market.rewarded = market.rewarded.plus(penalty.reward);
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

/** Books what goes back to the poster, and saves job and market. */
function giveBack(market: Market, job: Job, refund: BigInt, tip: BigInt): void {
  job.refunded = job.refunded.plus(refund);
  job.tipsRefunded = job.tipsRefunded.plus(tip);
  job.save();
  market.refunded = market.refunded.plus(refund);
  market.tipsRefunded = market.tipsRefunded.plus(tip);
  market.save();
}

function recordRefund(
  id: Bytes,
  job: Job,
  unit: Bytes | null,
  refund: BigInt,
  tip: BigInt,
  keptFee: BigInt,
  timestamp: BigInt,
  block: BigInt,
  transaction: Bytes,
): void {
  const back = new Refund(id);
  back.job = job.id;
  back.unit = unit;
  back.refund = refund;
  back.tip = tip;
  back.keptFee = keptFee;
  back.timestamp = timestamp;
  back.block = block;
  back.transaction = transaction;
  back.save();
}

function skipReason(reason: i32): string {
  const names = [
    "NOT_CLAIMED",
    "NOT_COMMITTED",
    "ALREADY_COMMITTED",
    "ALREADY_SETTLED",
    "DEADLINE_NOT_REACHED",
    "WINDOW_OPEN",
    "DEMANDS_OPEN",
    "ON_HOLD",
  ];
  return reason >= 0 && reason < names.length ? names[reason] : "OTHER";
}
