import { BigInt, Bytes } from "@graphprotocol/graph-ts";

import { Voter } from "../../generated/schema";
import { ZERO } from "./numbers";

/** Stake that an account gains, or loses if negative. */
export function moveStakedVotes(owner: Bytes, amount: BigInt): void {
  if (amount.isZero()) return;
  const voter = loadVoter(owner);
  voter.staked = voter.staked.plus(amount);
  voter.save();
}

/** ORION locked in positions that an account gains, or loses if negative. */
export function moveLockedVotes(owner: Bytes, amount: BigInt): void {
  if (amount.isZero()) return;
  const voter = loadVoter(owner);
  voter.locked = voter.locked.plus(amount);
  voter.save();
}

export function loadVoter(address: Bytes): Voter {
  const known = Voter.load(address);
  if (known !== null) return known;
  const voter = new Voter(address);
  voter.votes = ZERO;
  voter.staked = ZERO;
  voter.locked = ZERO;
  return voter;
}
