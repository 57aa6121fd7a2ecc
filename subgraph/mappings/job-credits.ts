import { BigInt } from "@graphprotocol/graph-ts";

import { JobCreditsMinted, OwedLater, OwedPaid, RefundCredited } from "../generated/ComputeCredits/ComputeCredits";
import { JobMint, JobOwed } from "../generated/schema";
import { word } from "./lib/bytes";
import { ZERO } from "./lib/numbers";

/** Seconds after the post in which nothing of such a job settles, its last one included. */
const WAIT = BigInt.fromI32(86_401);

export function handleJobCreditsMinted(event: JobCreditsMinted): void {
  const p = event.params;
  const mint = new JobMint(p.jobId);
  mint.job = p.jobId;
  mint.position = word(p.position);
  mint.poster = p.poster;
  mint.minted = p.minted;
  mint.burned = ZERO;
  // The job is posted in this very block.
  mint.settlesFrom = event.block.timestamp.plus(WAIT);
  mint.block = event.block.number;
  mint.transaction = event.transaction.hash;
  mint.save();
}

export function handleRefundCredited(event: RefundCredited): void {
  const mint = JobMint.load(event.params.jobId);
  if (mint === null) return;
  mint.burned = mint.burned.plus(event.params.burned);
  mint.save();
}

export function handleOwedLater(event: OwedLater): void {
  const p = event.params;
  const id = p.jobId.concat(p.account);
  let owed = JobOwed.load(id);
  if (owed === null) {
    owed = new JobOwed(id);
    owed.mint = p.jobId;
    owed.account = p.account;
    owed.amount = ZERO;
    owed.paid = ZERO;
  }
  owed.amount = owed.amount.plus(p.amount);
  owed.dueAt = p.dueAt;
  owed.save();
}

export function handleOwedPaid(event: OwedPaid): void {
  const p = event.params;
  const owed = JobOwed.load(p.jobId.concat(p.account));
  if (owed === null) return;
  owed.amount = owed.amount.minus(p.amount);
  owed.paid = owed.paid.plus(p.amount);
  owed.save();
}
