import { Address, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import { Answer, Demand, Dispute, Judge, Profile } from "../../generated/schema";
import { eventId, keccak } from "./bytes";
import { loadChallenger } from "./challengers";
import { hold, loadJudge, profileOf, workerOf } from "./disputes";
import { divideUp, larger, ONE } from "./numbers";
import { rangeOf } from "./places";
import { leaveQueue, nextPlace } from "./workers";

/** Whether it is due within the answer period, so that it raises the price of the next one. */
function isNear(kind: string): boolean {
  return kind != "TRACE" && kind != "TRACE_CHUNK";
}

/** Records a demand, as the judge books it; the caller says of what, counts it with the dispute by `countDemand`, and saves both. */
export function newDemand(
  event: ethereum.Event,
  dispute: Dispute,
  id: Bytes,
  kind: string,
  payer: Address,
  deadline: BigInt,
  price: BigInt,
): Demand {
  const demand = new Demand(id);
  demand.dispute = dispute.id;
  demand.kind = kind;
  demand.payer = payer;
  demand.deadline = deadline;
  demand.state = "OPEN";
  demand.prepaid = price;
  demand.openedAt = event.block.timestamp;
  const challenger = loadChallenger(payer);
  challenger.demandCount++;
  challenger.save();
  return demand;
}

/** Counts a demand with its dispute, its worker's queue and the judge, and saves all of them. */
export function countDemand(judge: Judge, dispute: Dispute, demand: Demand): void {
  if (isNear(demand.kind)) {
    demand.queued = false;
    dispute.near++;
  } else {
    joinQueue(judge, dispute, demand);
  }
  if (demand.kind != "OUTPUT_HASHES" && demand.kind != "OUTPUT_CHUNKS") dispute.kind = "WALK";
  else if (dispute.kind == "PROOF") dispute.kind = "OUTPUTS";
  demand.save();
  dispute.open++;
  dispute.demandCount++;
  dispute.save();
  judge.demandCount++;
  judge.prepaid = judge.prepaid.plus(demand.prepaid);
  judge.save();
}

/**
 * A trace always takes a place in the queue. A chunk does, or shares the deadline of a demand of its shard: no event says which, but every new place ends later than those before it,
 * so a deadline that is a new place's is one.
 */
function joinQueue(judge: Judge, dispute: Dispute, demand: Demand): void {
  const isTrace = demand.kind == "TRACE";
  if (isTrace) demand.queued = true;
  const worker = workerOf(dispute);
  const profile = profileOf(dispute);
  const range = rangeOf(dispute.claim);
  if (worker !== null && profile !== null && range !== null) {
    const time = traceTime(profile, range.shards);
    const end = nextPlace(worker, demand.openedAt, time, judge.longestQueue);
    demand.queued = isTrace || demand.deadline.equals(end.plus(profile.answerPeriod));
    if (demand.queued) {
      worker.queueEnd = end;
      worker.queued++;
      worker.save();
    }
  }
  if (demand.queued) dispute.queued++;
}

/** Seconds that one compute demand takes in the queue. */
function traceTime(profile: Profile, shards: BigInt): BigInt {
  const all = BigInt.fromI32(profile.kappa).times(profile.claimPeriod);
  return larger(profile.traceFloor, divideUp(all, larger(shards, ONE)));
}

/** Ends a demand by its answer, and holds its claim for the next step below it. */
export function answer(event: ethereum.Event, claimId: Bytes, demandId: Bytes, responder: Address, data: Bytes): void {
  const now = event.block.timestamp;
  const demand = Demand.load(demandId);
  const dispute = Dispute.load(claimId);
  if (demand === null || dispute === null) return;
  demand.state = "ANSWERED";
  demand.answeredAt = now;
  demand.save();

  const profile = profileOf(dispute);
  if (profile !== null) hold(dispute, now.plus(profile.descendPeriod));
  dispute.open--;
  if (isNear(demand.kind)) dispute.near--;
  if (demand.queued) leavePlace(dispute, now);
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

function leavePlace(dispute: Dispute, now: BigInt): void {
  dispute.queued--;
  const worker = workerOf(dispute);
  if (worker === null) return;
  leaveQueue(worker, 1, now);
  worker.save();
}

/** A demand's id with the judge. */
export function demandIdOf(claimId: Bytes, subject: Bytes): Bytes {
  return keccak(claimId, subject);
}
