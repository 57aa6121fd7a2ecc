import { Address, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import { Deposited, Exited, Funded, Harvested, RateSet, Withdrawn } from "../generated/LiquidityMining/LiquidityMining";
import { Farm, FarmChange, FarmStake, Mining } from "../generated/schema";
import { eventId, word } from "./lib/bytes";
import { ONE, smaller, ZERO } from "./lib/numbers";
import { loadProtocol } from "./lib/protocol";

/** Fractional bits of the earnings per share. */
const X128 = ONE.leftShift(128);

export function handleRateSet(event: RateSet): void {
  const p = event.params;
  const farm = advancedFarm(event, p.id);
  farm.rate = p.rate;
  farm.save();
  const change = newChange(event, farm, "RATE_SET", null);
  change.orion = p.rate;
  change.save();
}

export function handleFunded(event: Funded): void {
  const p = event.params;
  const farm = advancedFarm(event, p.id);
  farm.budget = farm.budget.plus(p.amount);
  farm.funded = farm.funded.plus(p.amount);
  farm.save();
  const mining = loadMining(event.address);
  mining.funded = mining.funded.plus(p.amount);
  mining.save();
  const change = newChange(event, farm, "FUNDED", p.payer);
  change.orion = p.amount;
  change.save();
}

export function handleDeposited(event: Deposited): void {
  const p = event.params;
  moveShares(event, p.id, p.account, p.shares, "DEPOSITED");
}

export function handleWithdrawn(event: Withdrawn): void {
  const p = event.params;
  moveShares(event, p.id, p.account, p.shares.neg(), "WITHDRAWN");
}

export function handleHarvested(event: Harvested): void {
  const p = event.params;
  const farm = advancedFarm(event, p.id);
  const stake = settledStake(farm, p.account);
  stake.owed = stake.owed.minus(p.amount);
  stake.paid = stake.paid.plus(p.amount);
  stake.save();
  farm.paid = farm.paid.plus(p.amount);
  farm.save();
  const mining = loadMining(event.address);
  mining.paid = mining.paid.plus(p.amount);
  mining.save();
  const change = newChange(event, farm, "HARVESTED", p.account);
  change.to = p.to;
  change.orion = p.amount;
  change.save();
}

export function handleExited(event: Exited): void {
  const p = event.params;
  const farm = advancedFarm(event, p.id);
  const stake = settledStake(farm, p.account);
  stake.shares = stake.shares.minus(p.shares);
  stake.owed = ZERO;
  // The contract forgets the stake: the next one begins at nothing.
  stake.perShareX128 = ZERO;
  stake.forfeited = stake.forfeited.plus(p.forfeited);
  stake.save();
  farm.staked = farm.staked.minus(p.shares);
  farm.budget = farm.budget.plus(p.forfeited);
  farm.forfeited = farm.forfeited.plus(p.forfeited);
  farm.save();
  const mining = loadMining(event.address);
  mining.forfeited = mining.forfeited.plus(p.forfeited);
  mining.save();
  const change = newChange(event, farm, "EXITED", p.account);
  change.shares = p.shares;
  change.orion = p.forfeited;
  change.save();
}

function moveShares(event: ethereum.Event, id: BigInt, account: Address, shares: BigInt, move: string): void {
  const farm = advancedFarm(event, id);
  const stake = settledStake(farm, account);
  stake.shares = stake.shares.plus(shares);
  stake.save();
  farm.staked = farm.staked.plus(shares);
  farm.save();
  const change = newChange(event, farm, move, account);
  change.shares = shares.abs();
  change.save();
}

/** A farm with what has accrued since its latest event, reckoned as the contract does; the caller saves it. */
function advancedFarm(event: ethereum.Event, id: BigInt): Farm {
  const now = event.block.timestamp;
  const farm = loadFarm(event, word(id));
  if (farm.staked.gt(ZERO)) {
    const accrued = smaller(farm.rate.times(now.minus(farm.updatedAt)), farm.budget);
    farm.budget = farm.budget.minus(accrued);
    farm.accrued = farm.accrued.plus(accrued);
    farm.perShareX128 = farm.perShareX128.plus(accrued.times(X128).div(farm.staked));
  }
  farm.updatedAt = now;
  return farm;
}

/** A stake with what it has earned up to the farm's latest event; the caller saves it. */
function settledStake(farm: Farm, account: Address): FarmStake {
  const id = farm.id.concat(account);
  let stake = FarmStake.load(id);
  if (stake === null) {
    stake = new FarmStake(id);
    stake.farm = farm.id;
    stake.account = account;
    stake.shares = ZERO;
    stake.owed = ZERO;
    stake.perShareX128 = ZERO;
    stake.paid = ZERO;
    stake.forfeited = ZERO;
  }
  const grown = farm.perShareX128.minus(stake.perShareX128);
  stake.owed = stake.owed.plus(stake.shares.times(grown).div(X128));
  stake.perShareX128 = farm.perShareX128;
  return stake;
}

function newChange(event: ethereum.Event, farm: Farm, move: string, account: Bytes | null): FarmChange {
  const change = new FarmChange(eventId(event));
  change.farm = farm.id;
  change.move = move;
  change.account = account;
  change.shares = ZERO;
  change.orion = ZERO;
  change.timestamp = event.block.timestamp;
  change.block = event.block.number;
  change.transaction = event.transaction.hash;
  return change;
}

function loadFarm(event: ethereum.Event, id: Bytes): Farm {
  const known = Farm.load(id);
  if (known !== null) return known;
  loadMining(event.address).save();
  const farm = new Farm(id);
  farm.mining = event.address;
  farm.pool = id;
  farm.rate = ZERO;
  farm.budget = ZERO;
  farm.staked = ZERO;
  farm.perShareX128 = ZERO;
  farm.updatedAt = event.block.timestamp;
  farm.funded = ZERO;
  farm.accrued = ZERO;
  farm.paid = ZERO;
  farm.forfeited = ZERO;
  return farm;
}

function loadMining(address: Address): Mining {
  const known = Mining.load(address);
  if (known !== null) return known;
  const mining = new Mining(address);
  mining.funded = ZERO;
  mining.paid = ZERO;
  mining.forfeited = ZERO;
  const protocol = loadProtocol();
  protocol.mining = address;
  protocol.save();
  return mining;
}
