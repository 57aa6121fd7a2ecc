import { BigInt, Bytes } from "@graphprotocol/graph-ts";

import {
  Answered,
  Demanded,
  FraudProved,
  OutputAnswered,
  OutputDemanded,
  PrepaymentReturned,
  ProfileDefined,
  Sealed,
  TimedOut,
  TraceAnswered,
  TraceDemanded,
  Withdrawn,
} from "../generated/DisputeManager/DisputeManager";
import {
  Demand,
  EtherWithdrawal,
  FraudProof,
  PrepaymentReturn,
  Profile,
  Seal,
  Timeout,
  Trace,
} from "../generated/schema";
import { eventId, fixed, keccak, word } from "./lib/bytes";
import { loadChallenger } from "./lib/challengers";
import { answer, countDemand, demandIdOf, newDemand } from "./lib/demands";
import { claimIdOf, fall, loadDispute, loadJudge } from "./lib/disputes";
import { larger } from "./lib/numbers";
import { OUTPUTS, rangeOf, TRACE } from "./lib/places";

/** Compute demands of all claims that one worker may have under way: two of each. */
const QUEUED_CLAIMS = BigInt.fromI32(2 * 1_024);

export function handleProfileDefined(event: ProfileDefined): void {
  const p = event.params.profile;
  // Profiles come with the contract itself: its totals are there from then on.
  const judge = loadJudge(event.address);
  const tracing = BigInt.fromI32(p.kappa).times(p.claimPeriod);
  judge.longestQueue = larger(judge.longestQueue, QUEUED_CLAIMS.times(tracing));
  judge.save();

  const profile = new Profile(fixed(BigInt.fromI32(event.params.index), 1));
  profile.index = event.params.index;
  profile.claimPeriod = p.claimPeriod;
  profile.challengeWindow = p.challengeWindow;
  profile.manifestPeriod = p.manifestPeriod;
  profile.answerPeriod = p.answerPeriod;
  profile.descendPeriod = p.descendPeriod;
  profile.expiryBps = p.expiryBps;
  profile.expiryBurnBps = p.expiryBurnBps;
  profile.finderBps = p.finderBps;
  profile.burnBps = p.burnBps;
  profile.answerGwei = p.answerGwei;
  profile.sealAge = p.sealAge;
  profile.kappa = p.kappa;
  profile.traceFloor = p.traceFloor;
  profile.traceWei = p.traceWei;
  profile.leastWindow = p.leastWindow;
  profile.save();
}

export function handleSealed(event: Sealed): void {
  const seal = new Seal(eventId(event));
  seal.commitment = event.params.commitment;
  seal.prover = event.params.prover;
  seal.timestamp = event.block.timestamp;
  seal.block = event.block.number;
  seal.transaction = event.transaction.hash;
  seal.save();
}

export function handleFraudProved(event: FraudProved): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, event.block.timestamp);
  fall(judge, dispute, "PROOF", p.finder, event.block.timestamp);
  judge.proofCount++;
  judge.save();

  const prover = loadChallenger(p.prover);
  prover.proofCount++;
  prover.save();

  const proof = new FraudProof(eventId(event));
  proof.dispute = dispute.id;
  proof.prover = prover.id;
  proof.finder = dispute.finder;
  proof.kind = proofKind(p.kind);
  proof.shard = p.shard;
  proof.node = p.node;
  proof.position = p.position;
  proof.claimed = p.claimed;
  proof.actual = p.actual;
  proof.timestamp = event.block.timestamp;
  proof.block = event.block.number;
  proof.transaction = event.transaction.hash;
  proof.save();
}

/** Hashes of the outputs tree, or hashes or a chunk of a shard's trace. */
export function handleDemanded(event: Demanded): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, event.block.timestamp);
  const subject = keccak(word(p.place), p.hash);
  const inTrace = p.place.lt(OUTPUTS);
  const kind = inTrace ? (p.span.isZero() ? "TRACE_CHUNK" : "TRACE_HASHES") : "OUTPUT_HASHES";
  const demand = newDemand(event, dispute, demandIdOf(dispute.id, subject), kind, p.payer, p.deadline, p.price);
  demand.subject = subject;
  demand.place = p.place;
  demand.hash = p.hash;
  demand.span = p.span;
  const range = rangeOf(dispute.claim);
  if (range !== null && inTrace) demand.shard = range.shardOf(p.place);
  countDemand(judge, dispute, demand);
}

export function handleOutputDemanded(event: OutputDemanded): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, event.block.timestamp);
  const subject = outputSubject(p.where.shard, p.where.output, p.where.index);
  const id = demandIdOf(dispute.id, subject);
  const demand = newDemand(event, dispute, id, "OUTPUT_CHUNKS", p.payer, p.deadline, p.price);
  demand.subject = subject;
  demand.shard = p.where.shard;
  demand.output = p.where.output;
  demand.index = p.where.index;
  countDemand(judge, dispute, demand);
}

/** Once for each shard of a claim: there is one leaf that leads to its outputs root. */
export function handleTraceDemanded(event: TraceDemanded): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, event.block.timestamp);
  const range = rangeOf(dispute.claim);
  let id = demandIdOf(dispute.id, p.leaf);
  let subject: Bytes | null = null;
  let place: BigInt | null = null;
  if (range !== null) {
    place = range.placeOf(p.shard).plus(TRACE);
    subject = keccak(word(place), p.leaf);
    id = demandIdOf(dispute.id, subject);
  }
  const demand = newDemand(event, dispute, id, "TRACE", p.payer, p.deadline, p.price);
  demand.subject = subject;
  demand.place = place;
  demand.hash = p.leaf;
  demand.shard = p.shard;
  judge.traceDemandCount++;
  countDemand(judge, dispute, demand);

  const trace = new Trace(traceId(dispute.id, p.shard));
  trace.dispute = dispute.id;
  trace.shard = p.shard;
  trace.leaf = p.leaf;
  trace.demand = demand.id;
  trace.save();
}

export function handleAnswered(event: Answered): void {
  const p = event.params;
  const claimId = claimIdOf(p.market, p.key);
  answer(event, claimId, demandIdOf(claimId, keccak(word(p.place), p.hash)), p.responder, p.data);
}

export function handleOutputAnswered(event: OutputAnswered): void {
  const p = event.params;
  const claimId = claimIdOf(p.market, p.key);
  const subject = outputSubject(p.where.shard, p.where.output, p.where.index);
  answer(event, claimId, demandIdOf(claimId, subject), p.responder, p.chunks);
}

export function handleTraceAnswered(event: TraceAnswered): void {
  const p = event.params;
  const claimId = claimIdOf(p.market, p.key);
  const trace = Trace.load(traceId(claimId, p.shard));
  if (trace === null) return;
  trace.shardRoot = p.shardRoot;
  trace.answeredAt = event.block.timestamp;
  trace.save();
  answer(event, claimId, trace.demand, p.responder, p.data);
}

export function handleTimedOut(event: TimedOut): void {
  const p = event.params;
  const now = event.block.timestamp;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, now);
  fall(judge, dispute, "SILENCE", p.finder, now);
  judge.timeoutCount++;
  judge.save();

  const finder = loadChallenger(p.finder);
  finder.timeoutCount++;
  finder.save();

  const timeout = new Timeout(eventId(event));
  timeout.dispute = dispute.id;
  timeout.finder = finder.id;
  timeout.caller = p.caller;
  timeout.timestamp = now;
  timeout.block = event.block.number;
  timeout.transaction = event.transaction.hash;
  const demand = Demand.load(demandIdOf(dispute.id, p.subject));
  if (demand !== null) {
    demand.state = "TIMED_OUT";
    demand.save();
    timeout.demand = demand.id;
  }
  timeout.save();
}

export function handlePrepaymentReturned(event: PrepaymentReturned): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  judge.prepaymentsReturned = judge.prepaymentsReturned.plus(p.amount);
  judge.prepaymentsBurned = judge.prepaymentsBurned.plus(p.burned);
  judge.save();
  const demand = Demand.load(demandIdOf(claimIdOf(p.market, p.key), p.subject));
  if (demand === null) return;
  demand.state = "RETURNED";
  demand.returned = p.amount;
  demand.returnedTo = p.to;
  demand.burned = p.burned;
  demand.save();

  const back = new PrepaymentReturn(eventId(event));
  back.demand = demand.id;
  back.to = p.to;
  back.amount = p.amount;
  back.burned = p.burned;
  back.timestamp = event.block.timestamp;
  back.block = event.block.number;
  back.transaction = event.transaction.hash;
  back.save();
}

export function handleWithdrawn(event: Withdrawn): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  judge.withdrawn = judge.withdrawn.plus(p.amount);
  judge.save();

  const withdrawal = new EtherWithdrawal(eventId(event));
  withdrawal.account = p.account;
  withdrawal.to = p.to;
  withdrawal.amount = p.amount;
  withdrawal.timestamp = event.block.timestamp;
  withdrawal.block = event.block.number;
  withdrawal.transaction = event.transaction.hash;
  withdrawal.save();
}

function outputSubject(shard: BigInt, output: BigInt, index: BigInt): Bytes {
  return keccak(word(shard), word(output).concat(word(index)));
}

function traceId(claimId: Bytes, shard: BigInt): Bytes {
  return claimId.concat(fixed(shard, 4));
}

function proofKind(kind: i32): string {
  if (kind == 0) return "STEP";
  if (kind == 1) return "PADDING";
  if (kind == 2) return "MISSING_LEAF";
  return kind == 3 ? "FIXED_ROOT" : "OTHER";
}
