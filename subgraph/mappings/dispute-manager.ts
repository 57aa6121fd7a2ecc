import { Address, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

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
  Withdrawn,
} from "../generated/DisputeManager/DisputeManager";
import {
  Answer,
  Claim,
  Demand,
  Dispute,
  EtherWithdrawal,
  FraudProof,
  Job,
  Judge,
  PrepaymentReturn,
  Profile,
  Seal,
  Timeout,
} from "../generated/schema";
import { addressWord, eventId, fixed, keccak, word } from "./lib/bytes";
import { loadChallenger } from "./lib/challengers";
import { divideUp, larger, ONE, ZERO } from "./lib/numbers";
import { loadProtocol } from "./lib/protocol";

/** Chunks of an output whose answer costs as much as one answer. */
const CHUNKS_PER_ANSWER = BigInt.fromI32(4);
const EIGHTHS = BigInt.fromI32(8);
const GWEI = BigInt.fromI32(1_000_000_000);

export function handleProfileDefined(event: ProfileDefined): void {
  // Profiles come with the contract itself: its totals are there from then on.
  loadJudge(event.address).save();
  const p = event.params.profile;
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
  proof.node = p.node;
  proof.position = p.position;
  proof.claimed = p.claimed;
  proof.actual = p.actual;
  proof.timestamp = event.block.timestamp;
  proof.block = event.block.number;
  proof.transaction = event.transaction.hash;
  proof.save();
}

export function handleDemanded(event: Demanded): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, event.block.timestamp);
  const demand = openDemand(event, dispute, keccak(word(p.place), p.hash), p.payer, p.deadline, ONE);
  demand.kind = "PLACE";
  demand.place = p.place;
  demand.hash = p.hash;
  demand.span = p.span;
  demand.save();
  judge.demandCount++;
  judge.save();
}

export function handleOutputDemanded(event: OutputDemanded): void {
  const p = event.params;
  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, event.block.timestamp);
  const subject = outputSubject(p.range.shard, p.range.first, p.range.count);
  const answers = divideUp(p.range.count, CHUNKS_PER_ANSWER);
  const demand = openDemand(event, dispute, subject, p.payer, p.deadline, answers);
  demand.kind = "OUTPUT";
  demand.shard = p.range.shard;
  demand.first = p.range.first;
  demand.count = p.range.count;
  demand.save();
  judge.demandCount++;
  judge.save();
}

export function handleAnswered(event: Answered): void {
  const p = event.params;
  answer(event, claimIdOf(p.market, p.key), keccak(word(p.place), p.hash), p.responder, p.data);
}

export function handleOutputAnswered(event: OutputAnswered): void {
  const p = event.params;
  const subject = outputSubject(p.range.shard, p.range.first, p.range.count);
  answer(event, claimIdOf(p.market, p.key), subject, p.responder, p.chunks);
}

export function handleTimedOut(event: TimedOut): void {
  const p = event.params;
  const now = event.block.timestamp;
  const claimId = claimIdOf(p.market, p.key);
  const demand = Demand.load(keccak(claimId, p.subject));
  if (demand === null) return;
  demand.state = "TIMED_OUT";
  demand.save();

  const judge = loadJudge(event.address);
  const dispute = loadDispute(judge, p.market, p.key, now);
  dispute.open--;
  fall(judge, dispute, "TIMEOUT", p.finder, now);
  judge.timeoutCount++;
  judge.save();

  const finder = loadChallenger(p.finder);
  finder.timeoutCount++;
  finder.save();

  const timeout = new Timeout(eventId(event));
  timeout.dispute = dispute.id;
  timeout.demand = demand.id;
  timeout.finder = finder.id;
  timeout.caller = p.caller;
  timeout.timestamp = now;
  timeout.block = event.block.number;
  timeout.transaction = event.transaction.hash;
  timeout.save();
}

export function handlePrepaymentReturned(event: PrepaymentReturned): void {
  const p = event.params;
  const demand = Demand.load(keccak(claimIdOf(p.market, p.key), p.subject));
  if (demand === null) return;
  demand.state = "RETURNED";
  demand.prepaid = p.amount;
  demand.returnedTo = p.to;
  demand.save();
  const judge = loadJudge(event.address);
  judge.prepaymentsReturned = judge.prepaymentsReturned.plus(p.amount);
  judge.save();

  const back = new PrepaymentReturn(eventId(event));
  back.demand = demand.id;
  back.to = p.to;
  back.amount = p.amount;
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

/** The claim's name with the judge. */
function claimIdOf(market: Address, key: Bytes): Bytes {
  return keccak(addressWord(market), key);
}

function outputSubject(shard: BigInt, first: BigInt, count: BigInt): Bytes {
  return keccak(word(shard), word(first).concat(word(count)));
}

/** Records a demand, as the judge books it; the caller says of what and saves it. */
function openDemand(
  event: ethereum.Event,
  dispute: Dispute,
  subject: Bytes,
  payer: Address,
  deadline: BigInt,
  answers: BigInt,
): Demand {
  const demand = new Demand(keccak(dispute.id, subject));
  demand.dispute = dispute.id;
  demand.subject = subject;
  demand.payer = payer;
  demand.deadline = deadline;
  demand.state = "OPEN";
  demand.openedAt = event.block.timestamp;
  const profile = profileOf(dispute);
  if (profile !== null) {
    // The schedule's price × (1 + open demands / 8), for so many answers.
    const eighths = EIGHTHS.plus(BigInt.fromI32(dispute.open)).times(answers);
    demand.prepaid = profile.answerGwei.times(GWEI).times(eighths).div(EIGHTHS);
  }
  const challenger = loadChallenger(payer);
  challenger.demandCount++;
  challenger.save();
  holdUntil(dispute, deadline);
  dispute.open++;
  dispute.demandCount++;
  dispute.save();
  return demand;
}

function answer(event: ethereum.Event, claimId: Bytes, subject: Bytes, responder: Address, data: Bytes): void {
  const now = event.block.timestamp;
  const demand = Demand.load(keccak(claimId, subject));
  const dispute = Dispute.load(claimId);
  if (demand === null || dispute === null) return;
  demand.state = "ANSWERED";
  demand.answeredAt = now;
  demand.save();

  const profile = profileOf(dispute);
  if (profile !== null) holdUntil(dispute, now.plus(profile.descendPeriod));
  dispute.open--;
  dispute.answerCount++;
  dispute.save();
  const judge = loadJudge(event.address);
  judge.answerCount++;
  judge.save();

  const given = new Answer(eventId(event));
  given.demand = demand.id;
  given.responder = responder;
  given.data = data;
  given.timestamp = now;
  given.block = event.block.number;
  given.transaction = event.transaction.hash;
  given.save();
}

/** Books a fall; the caller saves the judge's totals. */
function fall(judge: Judge, dispute: Dispute, cause: string, finder: Address, now: BigInt): void {
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

function holdUntil(dispute: Dispute, time: BigInt): void {
  const before = dispute.holdUntil;
  if (before !== null) dispute.holdUntil = larger(before, time);
}

/** Profile of the claim's job; null for claims of other markets, whose profile no event tells. */
function profileOf(dispute: Dispute): Profile | null {
  const key = dispute.claim;
  if (key === null) return null;
  const claim = Claim.load(key);
  if (claim === null) return null;
  const job = Job.load(claim.job);
  return job === null ? null : Profile.load(job.profile);
}

/** The challenge of a claim; a new one is counted, and saved by the caller with the judge's totals. */
function loadDispute(judge: Judge, market: Address, key: Bytes, now: BigInt): Dispute {
  const id = claimIdOf(market, key);
  const known = Dispute.load(id);
  if (known !== null) return known;
  const dispute = new Dispute(id);
  dispute.judge = judge.id;
  dispute.market = market;
  dispute.key = key;
  dispute.open = 0;
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

function proofKind(kind: i32): string {
  if (kind == 0) return "STEP";
  if (kind == 1) return "PADDING";
  if (kind == 2) return "MISSING_LEAF";
  return kind == 3 ? "FIXED_ROOT" : "OTHER";
}

function loadJudge(address: Address): Judge {
  const known = Judge.load(address);
  if (known !== null) return known;
  const judge = new Judge(address);
  judge.disputeCount = 0;
  judge.fallenCount = 0;
  judge.proofCount = 0;
  judge.timeoutCount = 0;
  judge.demandCount = 0;
  judge.answerCount = 0;
  judge.prepaymentsReturned = ZERO;
  judge.withdrawn = ZERO;
  const protocol = loadProtocol();
  protocol.judge = address;
  protocol.save();
  return judge;
}
