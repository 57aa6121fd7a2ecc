import { BigInt, Bytes } from "@graphprotocol/graph-ts";

import { Worker } from "../../generated/schema";
import { larger, smaller, ZERO } from "./numbers";

/** The row of an address that claims for a provider; one that has none yet is the provider itself, unless `isKey` is set then. */
export function loadWorker(address: Bytes, provider: Bytes, since: BigInt): Worker {
  const known = Worker.load(address);
  if (known !== null) return known;
  const worker = new Worker(address);
  worker.provider = provider;
  worker.isKey = false;
  worker.revoked = false;
  worker.maxLocked = ZERO;
  worker.locked = ZERO;
  worker.unsettled = 0;
  worker.queueEnd = ZERO;
  worker.queued = 0;
  worker.earnedPay = ZERO;
  worker.earnedTips = ZERO;
  worker.earnedFees = ZERO;
  worker.settledWork = ZERO;
  worker.slashed = ZERO;
  worker.claimCount = 0;
  worker.settledCount = 0;
  worker.expiredCount = 0;
  worker.forfeitedCount = 0;
  worker.since = since;
  return worker;
}

/** When a place of `time` seconds would end that is taken now, behind all others; the queue reaches `longest` seconds ahead, the last place aside. */
export function nextPlace(worker: Worker, now: BigInt, time: BigInt, longest: BigInt): BigInt {
  return smaller(larger(worker.queueEnd, now), now.plus(longest)).plus(time);
}

/** Frees places; when nothing waits any more, the next one begins now. The caller saves. */
export function leaveQueue(worker: Worker, places: i32, now: BigInt): void {
  worker.queued -= places;
  if (worker.queued <= 0) worker.queueEnd = now;
}
