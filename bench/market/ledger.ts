import { id } from "ethers";

import type { Contracts } from "./contracts.ts";
import type { Log } from "./chain.ts";

export interface Purse {
  orion: bigint;
  cu: bigint;
  shares: bigint;
  /** Shares in the farm. */
  staked: bigint;
  /** ORION at the registry, free and locked. */
  free: bigint;
  locked: bigint;
}

export interface Position {
  readonly id: bigint;
  owner: string;
  end: number;
  debt: bigint;
  lock: bigint;
  /** Debt and lock when it was minted or last rolled: their ratio is what it promises. */
  promisedDebt: bigint;
  promisedLock: bigint;
}

/** Who holds what, told by the contracts' events alone; plain, so that it can be copied. */
export interface Ledger {
  readonly purses: Map<string, Purse>;
  readonly positions: Map<bigint, Position>;
  /** Id of the newest position. */
  newest: bigint;
  /** Reserves after the last change. */
  reserves: { orion: bigint; cu: bigint };
  burned: bigint;
  /** ORION that positions lost to deliverers, and that mining paid, since the beginning. */
  delivered: bigint;
  harvested: bigint;
}

export const newLedger = (): Ledger => ({
  purses: new Map(),
  positions: new Map(),
  newest: 0n,
  reserves: { orion: 0n, cu: 0n },
  burned: 0n,
  delivered: 0n,
  harvested: 0n,
});

const NOBODY = `0x${"00".repeat(20)}`;
const TRANSFER = id("Transfer(address,address,uint256)");
const SHARE_TRANSFER = id("Transfer(address,address,address,uint256,uint256)");

/** What burning so much of a position's debt leaves, ahead of the event that says so; returns the ORION that come free. */
export function burnDebt(position: Position, amount: bigint): bigint {
  const released = amount === position.debt ? position.lock : (position.lock * amount) / position.debt;
  position.debt -= amount;
  position.lock -= released;
  return released;
}

export function purseOf(ledger: Ledger, address: string): Purse {
  let purse = ledger.purses.get(address);
  if (purse === undefined) {
    purse = { orion: 0n, cu: 0n, shares: 0n, staked: 0n, free: 0n, locked: 0n };
    ledger.purses.set(address, purse);
  }
  return purse;
}

/** Books the logs of one block. */
export function book(ledger: Ledger, contracts: Contracts, logs: readonly Log[]): void {
  const { at } = contracts;
  for (const log of logs) {
    const topic = log.topics[0];
    if (topic === TRANSFER) bookTransfer(ledger, log, log.address === at.orion ? "orion" : "cu");
    else if (topic === SHARE_TRANSFER) {
      move(ledger, "shares", addressIn(log.topics[1]), addressIn(log.topics[2]), word(log.data, 1));
    } else if (log.address === at.credits) bookPosition(ledger, contracts, log);
    else if (log.address === at.dex) bookReserves(ledger, contracts, log);
    else if (log.address === at.registry) bookStake(ledger, contracts, log);
    else if (log.address === at.mining) bookFarm(ledger, contracts, log);
  }
}

function bookTransfer(ledger: Ledger, log: Log, token: "orion" | "cu"): void {
  const [from, to, amount] = [addressIn(log.topics[1]), addressIn(log.topics[2]), BigInt(log.data)];
  move(ledger, token, from, to, amount);
  if (token === "orion" && to === NOBODY) ledger.burned += amount;
}

function move(ledger: Ledger, what: "orion" | "cu" | "shares", from: string, to: string, amount: bigint): void {
  if (from !== NOBODY) purseOf(ledger, from)[what] -= amount;
  if (to !== NOBODY) purseOf(ledger, to)[what] += amount;
}

function bookPosition(ledger: Ledger, { credits }: Contracts, log: Log): void {
  const event = credits.interface.parseLog(log);
  if (event === null) return;
  const [positionId] = event.args as unknown as [bigint];
  if (event.name === "PositionOpened") {
    const [, owner, , debt, lock, end] = event.args as unknown as [bigint, string, string, bigint, bigint, bigint];
    const promised = { promisedDebt: debt, promisedLock: lock };
    const opened = { id: positionId, owner: owner.toLowerCase(), end: Number(end), debt, lock, ...promised };
    // Whoever knew of it beforehand holds it already.
    ledger.positions.set(positionId, Object.assign(ledger.positions.get(positionId) ?? {}, opened));
    if (positionId > ledger.newest) ledger.newest = positionId;
    return;
  }
  const position = ledger.positions.get(positionId);
  if (position === undefined) return;
  if (event.name === "PositionRedeemed") {
    [, , , position.debt, position.lock] = event.args as unknown as [bigint, bigint, bigint, bigint, bigint];
  } else if (event.name === "PositionDelivered") {
    const args = event.args as unknown as [bigint, string, bigint, bigint, bigint, bigint, bigint];
    ledger.delivered += args[3];
    [, , , , , position.debt, position.lock] = args;
  } else if (event.name === "PositionRolled") {
    const [, , , lock, end] = event.args as unknown as [bigint, string, bigint, bigint, bigint];
    [position.lock, position.end] = [lock, Number(end)];
    [position.promisedDebt, position.promisedLock] = [position.debt, lock];
  }
  if (position.debt === 0n) ledger.positions.delete(positionId);
}

/** `Swap`, `LiquidityAdded` and `LiquidityRemoved` all tell the reserves that they leave. */
function bookReserves(ledger: Ledger, { dex, key, at }: Contracts, log: Log): void {
  const event = dex.interface.parseLog(log);
  if (event === null || !["Swap", "LiquidityAdded", "LiquidityRemoved"].includes(event.name)) return;
  const { reserve0, reserve1 } = event.args as unknown as { reserve0: bigint; reserve1: bigint };
  const [orion, cu] = key.token0 === at.orion ? [reserve0, reserve1] : [reserve1, reserve0];
  ledger.reserves = { orion, cu };
}

function bookStake(ledger: Ledger, { registry }: Contracts, log: Log): void {
  const event = registry.interface.parseLog(log);
  if (event === null) return;
  const purse = purseOf(ledger, addressIn(log.topics[1]));
  const { amount } = event.args as unknown as { amount: bigint };
  if (event.name === "Staked") purse.free += amount;
  if (event.name === "Withdrawn") purse.free -= amount;
  if (event.name === "Locked") [purse.free, purse.locked] = [purse.free - amount, purse.locked + amount];
  if (event.name === "Unlocked") [purse.free, purse.locked] = [purse.free + amount, purse.locked - amount];
  if (event.name === "Slashed") {
    const { split } = event.args as unknown as { split: { burned: bigint; toPoster: bigint; toFinder: bigint } };
    purse.locked -= amount;
    purse.free += amount - split.burned - split.toPoster - split.toFinder;
  }
}

function bookFarm(ledger: Ledger, { mining }: Contracts, log: Log): void {
  const event = mining.interface.parseLog(log);
  if (event === null) return;
  if (event.name === "Deposited") {
    purseOf(ledger, addressIn(log.topics[2])).staked += (event.args as unknown as { shares: bigint }).shares;
  }
  if (event.name === "Withdrawn") {
    purseOf(ledger, addressIn(log.topics[2])).staked -= (event.args as unknown as { shares: bigint }).shares;
  }
  if (event.name === "Harvested") ledger.harvested += (event.args as unknown as { amount: bigint }).amount;
}

const addressIn = (topic: string | undefined): string => `0x${(topic ?? NOBODY).slice(-40)}`;

const word = (data: string, index: number): bigint => BigInt(`0x${data.slice(2 + 64 * index, 66 + 64 * index)}`);
