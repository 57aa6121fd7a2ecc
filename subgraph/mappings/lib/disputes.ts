import { Address, BigInt, Bytes } from "@graphprotocol/graph-ts";

import { Claim, Dispute, Job, Judge, Profile, Worker } from "../../generated/schema";
import { addressWord, keccak } from "./bytes";
import { loadChallenger } from "./challengers";
import { larger, ZERO } from "./numbers";
import { loadProtocol } from "./protocol";
import { leaveQueue } from "./workers";

/** The claim's name with the judge. */
export function claimIdOf(market: Address, key: Bytes): Bytes {
  return keccak(addressWord(market), key);
}

/** The challenge of a claim; a new one is counted, and saved by the caller with the judge's totals. */
export function loadDispute(judge: Judge, market: Address, key: Bytes, now: BigInt): Dispute {
  const id = claimIdOf(market, key);
  const known = Dispute.load(id);
  if (known !== null) return known;
  const dispute = new Dispute(id);
  dispute.judge = judge.id;
  dispute.market = market;
  dispute.key = key;
  dispute.kind = "PROOF";
  dispute.open = 0;
  dispute.near = 0;
  dispute.queued = 0;
  dispute.fallen = false;
  dispute.closed = false;
  dispute.since = now;
  dispute.demandCount = 0;
  dispute.answerCount = 0;
  judge.disputeCount++;
  link(dispute, market, key);
  return dispute;
}

/** Joins the challenge to the claim of the job market, unless another market only uses the same key. */
function link(dispute: Dispute, market: Address, key: Bytes): void {
  const claim = Claim.load(key);
  if (claim === null) return;
  const job = Job.load(claim.job);
  if (job === null || job.market != market) return;
  dispute.claim = key;
  dispute.holdUntil = ZERO;
  claim.dispute = dispute.id;
  claim.save();
}

/** Books a fall; the caller saves the judge's totals. What the claim has in its worker's queue is free. */
export function fall(judge: Judge, dispute: Dispute, cause: string, finder: Address, now: BigInt): void {
  const worker = workerOf(dispute);
  if (worker !== null && dispute.queued > 0) {
    leaveQueue(worker, dispute.queued, now);
    worker.save();
  }
  dispute.queued = 0;
  dispute.fallen = true;
  dispute.cause = cause;
  dispute.fallenAt = now;
  dispute.finder = null;
  if (!finder.equals(Address.zero())) {
    const challenger = loadChallenger(finder);
    challenger.save();
    dispute.finder = challenger.id;
  }
  dispute.save();
  judge.fallenCount++;
}

/** Keeps a claim from settling up to a time; of other markets' claims nothing is known. */
export function hold(dispute: Dispute, time: BigInt): void {
  const before = dispute.holdUntil;
  if (before !== null) dispute.holdUntil = larger(before, time);
}

/** Who claimed; null for claims of other markets, whose queues are not indexed. */
export function workerOf(dispute: Dispute): Worker | null {
  const key = dispute.claim;
  if (key === null) return null;
  const claim = Claim.load(key);
  return claim === null ? null : Worker.load(claim.worker);
}

/** Profile of the claim's job; null for claims of other markets, whose profile no event tells. */
export function profileOf(dispute: Dispute): Profile | null {
  const key = dispute.claim;
  if (key === null) return null;
  const claim = Claim.load(key);
  if (claim === null) return null;
  const job = Job.load(claim.job);
  return job === null ? null : Profile.load(job.profile);
}

export function loadJudge(address: Address): Judge {
  const known = Judge.load(address);
  if (known !== null) return known;
  const judge = new Judge(address);
  judge.disputeCount = 0;
  judge.fallenCount = 0;
  judge.proofCount = 0;
  judge.timeoutCount = 0;
  judge.demandCount = 0;
  judge.answerCount = 0;
  judge.traceDemandCount = 0;
  judge.longestQueue = ZERO;
  judge.prepaid = ZERO;
  judge.prepaymentsReturned = ZERO;
  judge.prepaymentsBurned = ZERO;
  judge.withdrawn = ZERO;
  const protocol = loadProtocol();
  protocol.judge = address;
  protocol.save();
  return judge;
}
