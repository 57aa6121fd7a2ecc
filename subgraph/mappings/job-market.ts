import { Address, BigInt, Bytes } from "@graphprotocol/graph-ts";

import {
  AttestationsSet,
  ClaimCommitted,
  ItemSkipped,
  JobCancelled,
  JobPosted,
  ManifestPublished,
  ParameterChanged,
  PausedByGuardian,
  PausedSet,
  ResultPublished,
  TipAdded,
  UnitClaimed,
  UnitExpired,
  UnitForfeited,
  UnitRefunded,
  UnitSettled,
} from "../generated/JobMarket/JobMarket";
import { Claim, Job, Manifest, Market, Payment, Refund, Result, SkippedItem, Tip, Unit } from "../generated/schema";
import { dagCid, eventId } from "./lib/bytes";
import { loadChallenger } from "./lib/challengers";
import { bookPay, closeDispute, newClaim, newPenalty, punish, settleUnit } from "./lib/claims";
import { loadMarket, newJob, newUnit, release, unitId } from "./lib/jobs";
import { ZERO } from "./lib/numbers";
import { recordParameter, recordPause } from "./lib/parameters";
import { knownProvider, loadKeeper, newProvider } from "./lib/providers";
import { loadWorker } from "./lib/workers";

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

  const known2 = knownProvider(p.provider);
  const provider = known2 === null ? newProvider(p.provider, event.block.timestamp) : known2;
  provider.claimCount++;
  provider.save();
  const worker = loadWorker(p.worker, provider.id, event.block.timestamp);
  worker.claimCount++;
  worker.unsettled++;
  worker.locked = worker.locked.plus(p.collateral);
  worker.save();

  const claim = newClaim(p.key, job, unit, worker, provider);
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
  claim.outputsRoot = p.outputsRoot;
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
  bookPay(event, claim, work);

  const payment = new Payment(eventId(event));
  payment.job = job.id;
  payment.unit = claim.unit;
  payment.claim = claim.id;
  payment.worker = claim.worker;
  payment.provider = claim.provider;
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
  penalty.reserved = ZERO;
  penalty.timestamp = event.block.timestamp;
  penalty.block = event.block.number;
  penalty.transaction = event.transaction.hash;
  penalty.save();

  const market = loadMarket(event.address);
  market.expiredCount++;
  punish(market, job, claim, penalty);
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
  penalty.reserved = p.reserved;
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

export function handleAttestationsSet(event: AttestationsSet): void {
  const market = loadMarket(event.address);
  market.attestations = event.params.attestations;
  market.save();
}

export function handleParameterChanged(event: ParameterChanged): void {
  // The first parameters come with the contract itself: its totals are there from then on.
  loadMarket(event.address).save();
  recordParameter(event, event.params.name, event.params.value, null);
}

export function handlePausedSet(event: PausedSet): void {
  const market = loadMarket(event.address);
  market.paused = event.params.paused;
  if (!event.params.paused) market.pausedUntil = ZERO;
  market.save();
  recordPause(event, event.params.paused);
}

export function handlePausedByGuardian(event: PausedByGuardian): void {
  const market = loadMarket(event.address);
  market.pausedUntil = event.params.until;
  market.save();
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
