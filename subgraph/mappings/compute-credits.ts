import { Address, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import {
  MarketSet,
  ParameterChanged,
  PausedByGuardian,
  PausedSet,
  PositionDelivered,
  PositionOpened,
  PositionRedeemed,
  PositionRolled,
  PositionTransferred,
  Transfer,
} from "../generated/ComputeCredits/ComputeCredits";
import { CreditPosition, CreditSystem, PositionChange } from "../generated/schema";
import { eventId, word } from "./lib/bytes";
import { ZERO } from "./lib/numbers";
import { recordParameter, recordPause } from "./lib/parameters";
import { loadProtocol } from "./lib/protocol";
import { loadToken, moveTokens } from "./lib/tokens";
import { moveLockedVotes } from "./lib/voters";

export function handleTransfer(event: Transfer): void {
  const token = loadToken(event.address);
  if (token.symbol === null) {
    token.symbol = "CU";
    token.decimals = 18;
    token.save();
    const protocol = loadProtocol();
    protocol.cu = event.address;
    protocol.save();
  }
  moveTokens(token, event.params.from, event.params.to, event.params.value);
}

export function handlePositionOpened(event: PositionOpened): void {
  const p = event.params;
  const position = newPosition(event, p.id);
  position.owner = p.owner;
  position.mintedTo = p.to;
  position.minted = p.debt;
  position.debt = p.debt;
  position.lock = p.lock;
  position.end = p.end;
  position.fees = p.fee;
  position.save();
  moveLockedVotes(p.owner, p.lock);

  const system = loadSystem(event.address);
  system.fees = system.fees.plus(p.fee);
  system.debt = system.debt.plus(p.debt);
  system.locked = system.locked.plus(p.lock);
  system.minted = system.minted.plus(p.debt);
  system.positionCount++;
  system.openPositionCount++;
  system.save();

  const change = newChange(event, position, "OPENED", p.owner);
  change.to = p.to;
  change.credits = p.debt;
  change.orion = p.lock;
  change.fee = p.fee;
  change.save();
}

export function handlePositionRedeemed(event: PositionRedeemed): void {
  const p = event.params;
  const position = CreditPosition.load(word(p.id));
  if (position === null) return;
  const system = loadSystem(event.address);
  burn(system, position, p.debtLeft, p.lockLeft, event.block.timestamp);
  position.redeemed = position.redeemed.plus(p.burned);
  position.released = position.released.plus(p.released);
  position.save();
  system.redeemed = system.redeemed.plus(p.burned);
  system.save();

  const change = newChange(event, position, "REDEEMED", position.owner);
  change.credits = p.burned;
  change.orion = p.released;
  change.save();
}

export function handlePositionDelivered(event: PositionDelivered): void {
  const p = event.params;
  const position = CreditPosition.load(word(p.id));
  if (position === null) return;
  const system = loadSystem(event.address);
  burn(system, position, p.debtLeft, p.lockLeft, event.block.timestamp);
  position.delivered = position.delivered.plus(p.burned);
  position.released = position.released.plus(p.paidToOwner);
  position.paidToDeliverers = position.paidToDeliverers.plus(p.paidToDeliverer);
  position.save();
  system.delivered = system.delivered.plus(p.burned);
  system.paidToDeliverers = system.paidToDeliverers.plus(p.paidToDeliverer);
  system.save();

  const change = newChange(event, position, "DELIVERED", p.deliverer);
  change.credits = p.burned;
  change.orion = p.paidToOwner.plus(p.paidToDeliverer);
  change.paidToDeliverer = p.paidToDeliverer;
  change.save();
}

export function handlePositionRolled(event: PositionRolled): void {
  const p = event.params;
  const position = CreditPosition.load(word(p.id));
  if (position === null) return;
  moveLockedVotes(position.owner, p.topUp);
  position.toppedUp = position.toppedUp.plus(p.topUp);
  position.lock = p.lock;
  position.end = p.end;
  position.fees = position.fees.plus(p.fee);
  position.save();
  const system = loadSystem(event.address);
  system.fees = system.fees.plus(p.fee);
  system.locked = system.locked.plus(p.topUp);
  system.toppedUp = system.toppedUp.plus(p.topUp);
  system.save();

  const change = newChange(event, position, "ROLLED", p.payer);
  change.orion = p.topUp;
  change.fee = p.fee;
  change.save();
}

export function handlePositionTransferred(event: PositionTransferred): void {
  const p = event.params;
  const position = CreditPosition.load(word(p.id));
  if (position === null) return;
  moveLockedVotes(p.from, position.lock.neg());
  moveLockedVotes(p.to, position.lock);
  position.owner = p.to;
  position.save();

  const change = newChange(event, position, "TRANSFERRED", p.from);
  change.to = p.to;
  change.save();
}

export function handleMarketSet(event: MarketSet): void {
  const system = loadSystem(event.address);
  system.market = event.params.market;
  system.save();
}

export function handleParameterChanged(event: ParameterChanged): void {
  // The first parameters come with the contract itself: its totals are there from then on.
  loadSystem(event.address).save();
  recordParameter(event, event.params.name, event.params.value, null);
}

export function handlePausedSet(event: PausedSet): void {
  const system = loadSystem(event.address);
  system.paused = event.params.paused;
  if (!event.params.paused) system.pausedUntil = ZERO;
  system.save();
  recordPause(event, event.params.paused);
}

export function handlePausedByGuardian(event: PausedByGuardian): void {
  const system = loadSystem(event.address);
  system.pausedUntil = event.params.until;
  system.save();
}

/** What is left of a position after a burn, taken out of the totals as well. */
function burn(system: CreditSystem, position: CreditPosition, debt: BigInt, lock: BigInt, now: BigInt): void {
  system.debt = system.debt.minus(position.debt).plus(debt);
  system.locked = system.locked.minus(position.lock).plus(lock);
  moveLockedVotes(position.owner, lock.minus(position.lock));
  position.debt = debt;
  position.lock = lock;
  if (!debt.isZero()) return;
  position.closedAt = now;
  system.openPositionCount--;
}

function newPosition(event: ethereum.Event, id: BigInt): CreditPosition {
  const position = new CreditPosition(word(id));
  position.number = id;
  position.system = event.address;
  position.redeemed = ZERO;
  position.delivered = ZERO;
  position.toppedUp = ZERO;
  position.fees = ZERO;
  position.released = ZERO;
  position.paidToDeliverers = ZERO;
  position.openedAt = event.block.timestamp;
  return position;
}

/** The record of something that has just happened to a position; amounts are zero until set. */
function newChange(event: ethereum.Event, position: CreditPosition, move: string, account: Bytes): PositionChange {
  const change = new PositionChange(eventId(event));
  change.position = position.id;
  change.move = move;
  change.account = account;
  change.credits = ZERO;
  change.orion = ZERO;
  change.paidToDeliverer = ZERO;
  change.fee = ZERO;
  change.debt = position.debt;
  change.lock = position.lock;
  change.end = position.end;
  change.timestamp = event.block.timestamp;
  change.block = event.block.number;
  change.transaction = event.transaction.hash;
  return change;
}

function loadSystem(address: Address): CreditSystem {
  const known = CreditSystem.load(address);
  if (known !== null) return known;
  const system = new CreditSystem(address);
  system.debt = ZERO;
  system.locked = ZERO;
  system.minted = ZERO;
  system.redeemed = ZERO;
  system.delivered = ZERO;
  system.toppedUp = ZERO;
  system.fees = ZERO;
  system.paidToDeliverers = ZERO;
  system.positionCount = 0;
  system.openPositionCount = 0;
  system.paused = false;
  system.pausedUntil = ZERO;
  const protocol = loadProtocol();
  protocol.credits = address;
  protocol.save();
  return system;
}
