import { chainNow, reading, type Chain } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";

import type { Position } from "./positions.ts";

/** How a position stands now. */
export interface PositionHealth extends Position {
  /** Until its end; none when it has passed. */
  readonly secondsLeft: number;
  /** ORION wei that a roll would add. */
  readonly topUp: bigint;
  /** ORION wei that whoever delivered all of its debt now would be paid; zero before its end. */
  readonly paidNow: bigint;
}

export async function readHealth(chain: Chain, positions: readonly Position[]): Promise<PositionHealth[]> {
  const { credits } = chain.contracts;
  const now = await chainNow(chain);
  const [each, auction] = await reading(chain, () => Promise.all([readRollPrice(chain), credits.AUCTION()]));
  return positions.map((position) => ({
    ...position,
    secondsLeft: Math.max(0, position.end - now),
    topUp: topUpTo(position, lockFor(position.debt, each)),
    paidNow: paidFor(position, position.debt, now, auction),
  }));
}

/** ORION wei of lock for a debt at `each` ORION wei per CU, rounded up. */
export function lockFor(debt: bigint, each: bigint): bigint {
  return (debt * each + CREDIT - 1n) / CREDIT;
}

/** What lifts the lock of a position to `lock`; nothing where it is there already. */
export function topUpTo(position: Pick<Position, "lock">, lock: bigint): bigint {
  return lock > position.lock ? lock - position.lock : 0n;
}

/** The default limit of a lock: it leaves a hundredth for a price that moves before the transaction is mined. */
export function withHeadroom(lock: bigint): bigint {
  return lock + lock / 100n;
}

/** ORION wei per CU up to which a roll raises a lock now: without a live price it asks for no more than the floor. */
export async function readRollPrice({ contracts }: Chain): Promise<bigint> {
  const { credits } = contracts;
  const [live, each, { floor }] = await Promise.all([
    credits.isPriceLive(),
    credits.collateralPerCredit(),
    credits.parameters(),
  ]);
  return live ? each : floor;
}

/** What a delivery of `amount` CU is paid at a time: its part of the lock, growing from nothing to all in `auction` seconds after the end. */
export function paidFor({ debt, lock, end }: Position, amount: bigint, now: number, auction: bigint): bigint {
  if (now <= end || debt === 0n) return 0n;
  const elapsed = BigInt(now - end);
  const released = amount >= debt ? lock : (lock * amount) / debt;
  return (released * (elapsed < auction ? elapsed : auction)) / auction;
}
