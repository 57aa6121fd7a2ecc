import { Address, BigInt, Bytes } from "@graphprotocol/graph-ts";

import { JobPostedTermsStruct } from "../../generated/JobMarket/JobMarket";
import { Job, Market, Unit } from "../../generated/schema";
import { fixed } from "./bytes";
import { divideUp, smaller, ZERO } from "./numbers";
import { loadProtocol } from "./protocol";

/** A job as it stands when it is posted; the caller adds when and where that was. */
export function newJob(market: Address, id: Bytes, payer: Address, terms: JobPostedTermsStruct): Job {
  const job = new Job(id);
  copyTerms(job, terms);
  job.market = market;
  job.payer = payer;
  job.unitCount = divideUp(terms.shards, terms.shardsPerClaim);
  job.escrow = terms.shards.times(terms.pricePerShard.plus(terms.keeperFee));
  job.escrowPosted = job.escrow;
  job.tipPot = ZERO;
  job.tipsAdded = ZERO;
  job.paidForWork = ZERO;
  job.paidTips = ZERO;
  job.paidFees = ZERO;
  job.keptFees = ZERO;
  job.refunded = ZERO;
  job.tipsRefunded = ZERO;
  job.burned = ZERO;
  job.compensated = ZERO;
  job.rewarded = ZERO;
  job.reserved = ZERO;
  job.unclaimed = terms.shards;
  job.unsettled = terms.shards;
  job.published = false;
  job.cancelled = false;
  job.finished = false;
  return job;
}

function copyTerms(job: Job, terms: JobPostedTermsStruct): void {
  job.poster = terms.poster;
  job.salt = terms.salt;
  job.programRoot = terms.programRoot;
  job.dataset = terms.dataset;
  job.inputsRoot = terms.inputsRoot;
  job.challengers = terms.challengers;
  job.rows = terms.rows;
  job.shards = terms.shards;
  job.shardsPerClaim = terms.shardsPerClaim;
  job.workPerShard = terms.workPerShard;
  job.pricePerShard = terms.pricePerShard;
  job.keeper = terms.keeper;
  job.keeperFee = terms.keeperFee;
  job.collateralPerClaim = terms.collateralPerClaim;
  // From the lowest bit: profile 8, attestors 8, minted 1.
  job.profile = fixed(BigInt.fromI32(terms.options & 0xff), 1);
  job.attestors = (terms.options >> 8) & 0xff;
  job.minted = ((terms.options >> 16) & 1) != 0;
}

/** A unit that is about to be claimed for the first time. */
export function newUnit(id: Bytes, job: Job, index: BigInt): Unit {
  const unit = new Unit(id);
  unit.job = job.id;
  unit.index = index;
  unit.from = index.times(job.shardsPerClaim);
  unit.to = smaller(unit.from.plus(job.shardsPerClaim), job.shards);
  unit.state = "FREE";
  unit.attempt = 0;
  unit.deadline = ZERO;
  unit.committedAt = ZERO;
  unit.pendingReserves = 0;
  return unit;
}

export function unitId(job: Bytes, index: BigInt): Bytes {
  return job.concat(fixed(index, 4));
}

/** Takes shards and a share of the tips out of what a job still holds, as the market does; the caller books where it went and saves both. */
export function release(market: Market, job: Job, shards: BigInt, tip: BigInt, now: BigInt): void {
  const amount = shards.times(job.pricePerShard.plus(job.keeperFee));
  job.unsettled = job.unsettled.minus(shards);
  job.escrow = job.escrow.minus(amount);
  job.tipPot = job.tipPot.minus(tip);
  market.escrow = market.escrow.minus(amount);
  market.tips = market.tips.minus(tip);
  if (job.finished || !job.unsettled.isZero()) return;
  job.finished = true;
  job.finishedAt = now;
  market.finishedJobCount++;
}

export function loadMarket(address: Address): Market {
  const known = Market.load(address);
  if (known !== null) return known;
  const market = new Market(address);
  market.escrow = ZERO;
  market.tips = ZERO;
  market.escrowPosted = ZERO;
  market.tipsAdded = ZERO;
  market.paidForWork = ZERO;
  market.paidTips = ZERO;
  market.paidFees = ZERO;
  market.keptFees = ZERO;
  market.refunded = ZERO;
  market.tipsRefunded = ZERO;
  market.collateral = ZERO;
  market.burned = ZERO;
  market.compensated = ZERO;
  market.rewarded = ZERO;
  market.reserved = ZERO;
  market.settledWork = ZERO;
  market.settledShards = ZERO;
  market.jobCount = 0;
  market.finishedJobCount = 0;
  market.cancelledJobCount = 0;
  market.claimCount = 0;
  market.settledCount = 0;
  market.acceptedCount = 0;
  market.expiredCount = 0;
  market.forfeitedCount = 0;
  market.paused = false;
  market.pausedUntil = ZERO;
  const protocol = loadProtocol();
  protocol.market = address;
  protocol.save();
  return market;
}
