import { Address, Bytes } from "@graphprotocol/graph-ts";

import { Reserved, Resolved, VerdictStored } from "../generated/Reserves/Reserves";
import { Claim, Job, Provider, Reserve, ReserveBook, Unit, Verdict } from "../generated/schema";
import { eventId } from "./lib/bytes";
import { loadChallenger } from "./lib/challengers";
import { unitId } from "./lib/jobs";
import { ZERO } from "./lib/numbers";
import { loadProtocol } from "./lib/protocol";

/** Behind the forfeit of the same transaction, which has freed the unit. */
export function handleReserved(event: Reserved): void {
  const p = event.params;
  const claim = Claim.load(p.key);
  if (claim === null) return;
  const unit = Unit.load(claim.unit);
  if (unit === null) return;
  const finder = loadChallenger(p.reserve.finder);
  finder.save();
  const book = loadBook(event.address);

  const reserve = new Reserve(p.key);
  reserve.book = book.id;
  reserve.claim = claim.id;
  reserve.job = claim.job;
  reserve.unit = unit.id;
  reserve.worker = claim.worker;
  reserve.provider = claim.provider;
  reserve.finder = finder.id;
  reserve.poster = p.reserve.poster;
  reserve.amount = p.reserve.amount;
  reserve.compensation = p.reserve.compensation;
  reserve.state = "PENDING";
  reserve.fellAt = p.reserve.fellAt;
  reserve.toFinder = ZERO;
  reserve.toPoster = ZERO;
  reserve.toProvider = ZERO;
  reserve.burned = ZERO;
  reserve.endedAt = null;
  reserve.endTransaction = null;
  reserve.save();

  claim.reserve = reserve.id;
  claim.save();
  unit.pendingReserves++;
  unit.save();
  const whole = reserve.amount.plus(reserve.compensation);
  book.held = book.held.plus(whole);
  book.reserved = book.reserved.plus(whole);
  book.reserveCount++;
  book.pendingCount++;
  book.save();
}

/** Ahead of the settlement of the same transaction, whose claim is the unit's. */
export function handleVerdictStored(event: VerdictStored): void {
  const p = event.params;
  const unit = Unit.load(unitId(p.jobId, p.unit));
  if (unit === null) return;
  const verdict = new Verdict(eventId(event));
  verdict.job = unit.job;
  verdict.unit = unit.id;
  verdict.claim = unit.claim;
  verdict.factsHash = p.factsHash;
  verdict.timestamp = event.block.timestamp;
  verdict.block = event.block.number;
  verdict.transaction = event.transaction.hash;
  verdict.save();

  unit.verdict = verdict.id;
  unit.save();
  const book = loadBook(event.address);
  book.verdictCount++;
  book.save();
}

export function handleResolved(event: Resolved): void {
  const p = event.params;
  const reserve = Reserve.load(p.key);
  if (reserve === null || reserve.state != "PENDING") return;
  const unit = Unit.load(reserve.unit);
  if (unit === null) return;
  reserve.state = endOf(p.upheld, unit, reserve.job);
  reserve.toFinder = p.toFinder;
  reserve.toPoster = p.toPoster;
  reserve.toProvider = p.toProvider;
  reserve.burned = p.burned;
  reserve.endedAt = event.block.timestamp;
  reserve.endTransaction = event.transaction.hash;
  reserve.save();

  unit.pendingReserves--;
  unit.save();
  const finder = loadChallenger(reserve.finder);
  finder.rewards = finder.rewards.plus(p.toFinder);
  finder.save();
  const provider = Provider.load(reserve.provider);
  if (provider !== null) {
    provider.recovered = provider.recovered.plus(p.toProvider);
    provider.save();
  }
  const book = loadBook(event.address);
  book.held = book.held.minus(reserve.amount).minus(reserve.compensation);
  book.toFinders = book.toFinders.plus(p.toFinder);
  book.toPosters = book.toPosters.plus(p.toPoster);
  book.toProviders = book.toProviders.plus(p.toProvider);
  book.burned = book.burned.plus(p.burned);
  book.pendingCount--;
  if (reserve.state == "UPHELD") book.upheldCount++;
  if (reserve.state == "REFUTED") book.refutedCount++;
  book.save();
}

/** How a reserve ended: by a verdict, or without one because the job is cancelled or its time was over. */
function endOf(upheld: boolean, unit: Unit, jobId: Bytes): string {
  if (upheld) return "UPHELD";
  if (unit.verdict !== null) return "REFUTED";
  const job = Job.load(jobId);
  return job !== null && job.cancelled ? "RELEASED" : "BURNED";
}

function loadBook(address: Address): ReserveBook {
  const known = ReserveBook.load(address);
  if (known !== null) return known;
  const book = new ReserveBook(address);
  book.held = ZERO;
  book.reserved = ZERO;
  book.toFinders = ZERO;
  book.toPosters = ZERO;
  book.toProviders = ZERO;
  book.burned = ZERO;
  book.reserveCount = 0;
  book.pendingCount = 0;
  book.upheldCount = 0;
  book.refutedCount = 0;
  book.verdictCount = 0;
  const protocol = loadProtocol();
  protocol.reserveBook = address;
  protocol.save();
  return book;
}
