import { Address, BigDecimal, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import {
  LiquidityAdded,
  LiquidityRemoved,
  PausedByGuardian,
  PausedSet,
  PoolCreated,
  ProtocolFeesCollected,
  ProtocolPartSet,
  Swap as SwapEvent,
  Transfer,
} from "../generated/DePinDex/DePinDex";
import {
  Exchange,
  FeeCollection,
  LiquidityChange,
  LpPosition,
  Pool,
  PriceTick,
  ShareTransfer,
  Swap,
} from "../generated/schema";
import { eventId, word } from "./lib/bytes";
import { magnitude, ratio, ZERO } from "./lib/numbers";
import { recordParameter, recordPause } from "./lib/parameters";
import { loadProtocol } from "./lib/protocol";
import { loadToken } from "./lib/tokens";

const BPS = BigInt.fromI32(10_000);

export function handlePoolCreated(event: PoolCreated): void {
  const p = event.params;
  const exchange = loadExchange(event.address);
  exchange.poolCount++;
  exchange.save();
  loadToken(p.token0).save();
  loadToken(p.token1).save();
  const pool = loadPool(event, p.id);
  pool.token0 = p.token0;
  pool.token1 = p.token1;
  pool.fee = p.fee;
  pool.save();
}

export function handleSwap(event: SwapEvent): void {
  const p = event.params;
  const exchange = loadExchange(event.address);
  exchange.swapCount++;
  exchange.save();

  const pool = loadPool(event, p.id);
  const before = pool.price0;
  const zeroForOne = p.amount0.gt(ZERO);
  const amountIn = zeroForOne ? p.amount0 : p.amount1;
  const lpFee = amountIn.times(BigInt.fromI32(pool.fee)).div(BPS).minus(p.protocolFee);
  moveReserves(pool, p.reserve0, p.reserve1);
  pool.volume0 = pool.volume0.plus(magnitude(p.amount0));
  pool.volume1 = pool.volume1.plus(magnitude(p.amount1));
  pool.swapCount++;
  if (zeroForOne) {
    pool.lpFees0 = pool.lpFees0.plus(lpFee);
    pool.protocolFees0 = pool.protocolFees0.plus(p.protocolFee);
  } else {
    pool.lpFees1 = pool.lpFees1.plus(lpFee);
    pool.protocolFees1 = pool.protocolFees1.plus(p.protocolFee);
  }
  pool.save();
  const tokenIn = zeroForOne ? pool.token0 : pool.token1;
  bookVolume(pool.token0, magnitude(p.amount0));
  bookVolume(pool.token1, magnitude(p.amount1));
  bookFees(tokenIn, lpFee, p.protocolFee);
  tick(pool, magnitude(p.amount0), magnitude(p.amount1), 1);

  const swap = new Swap(eventId(event));
  swap.pool = pool.id;
  swap.sender = p.sender;
  swap.to = p.to;
  swap.amount0 = p.amount0;
  swap.amount1 = p.amount1;
  swap.reserve0 = p.reserve0;
  swap.reserve1 = p.reserve1;
  swap.priceBefore = before;
  swap.priceAfter = pool.price0;
  swap.tokenIn = tokenIn;
  swap.lpFee = lpFee;
  swap.protocolFee = p.protocolFee;
  swap.timestamp = event.block.timestamp;
  swap.block = event.block.number;
  swap.transaction = event.transaction.hash;
  swap.save();
}

export function handleLiquidityAdded(event: LiquidityAdded): void {
  const p = event.params;
  const pool = loadPool(event, p.id);
  const first = pool.reserve0.isZero() && pool.reserve1.isZero();
  moveReserves(pool, p.reserve0, p.reserve1);
  pool.liquidityChangeCount++;
  pool.save();
  if (first) tick(pool, ZERO, ZERO, 0);
  const position = loadPosition(pool.id, p.to);
  position.deposited0 = position.deposited0.plus(p.amount0);
  position.deposited1 = position.deposited1.plus(p.amount1);
  position.save();

  const change = newChange(event, pool, "ADDED");
  change.sender = p.sender;
  change.to = p.to;
  change.shares = p.shares;
  change.amount0 = p.amount0;
  change.amount1 = p.amount1;
  change.save();
}

export function handleLiquidityRemoved(event: LiquidityRemoved): void {
  const p = event.params;
  const pool = loadPool(event, p.id);
  moveReserves(pool, p.reserve0, p.reserve1);
  pool.liquidityChangeCount++;
  pool.save();
  const position = loadPosition(pool.id, p.sender);
  position.withdrawn0 = position.withdrawn0.plus(p.amount0);
  position.withdrawn1 = position.withdrawn1.plus(p.amount1);
  position.save();

  const change = newChange(event, pool, "REMOVED");
  change.sender = p.sender;
  change.to = p.to;
  change.shares = p.shares;
  change.amount0 = p.amount0;
  change.amount1 = p.amount1;
  change.save();
}

/** Shares of a pool change hands. Those of a first deposit are made before the pool is announced, in the same transaction. */
export function handleTransfer(event: Transfer): void {
  const p = event.params;
  const pool = loadPool(event, p.id);
  if (p.sender.equals(Address.zero())) pool.shares = pool.shares.plus(p.amount);
  else addShares(pool.id, p.sender, p.amount.neg());
  if (p.receiver.equals(Address.zero())) pool.shares = pool.shares.minus(p.amount);
  else addShares(pool.id, p.receiver, p.amount);
  pool.save();

  const transfer = new ShareTransfer(eventId(event));
  transfer.pool = pool.id;
  transfer.caller = p.caller;
  transfer.from = p.sender;
  transfer.to = p.receiver;
  transfer.amount = p.amount;
  transfer.timestamp = event.block.timestamp;
  transfer.block = event.block.number;
  transfer.transaction = event.transaction.hash;
  transfer.save();
}

export function handleProtocolPartSet(event: ProtocolPartSet): void {
  const p = event.params;
  const pool = loadPool(event, p.id);
  pool.protocolPart = p.part;
  pool.save();
  recordParameter(event, Bytes.fromUTF8("protocolPart"), BigInt.fromI32(p.part), pool.id);
}

export function handleProtocolFeesCollected(event: ProtocolFeesCollected): void {
  const p = event.params;
  const token = loadToken(p.token);
  token.protocolFees = token.protocolFees.minus(p.amount);
  token.collectedFees = token.collectedFees.plus(p.amount);
  token.save();

  const collection = new FeeCollection(eventId(event));
  collection.token = token.id;
  collection.to = p.to;
  collection.amount = p.amount;
  collection.timestamp = event.block.timestamp;
  collection.block = event.block.number;
  collection.transaction = event.transaction.hash;
  collection.save();
}

export function handlePausedSet(event: PausedSet): void {
  const exchange = loadExchange(event.address);
  exchange.paused = event.params.paused;
  if (!event.params.paused) exchange.pausedUntil = ZERO;
  exchange.save();
  recordPause(event, event.params.paused);
}

export function handlePausedByGuardian(event: PausedByGuardian): void {
  const exchange = loadExchange(event.address);
  exchange.pausedUntil = event.params.until;
  exchange.save();
}

/** Sets a pool's reserves and prices, and moves what all pools hold of both tokens by as much. */
function moveReserves(pool: Pool, reserve0: BigInt, reserve1: BigInt): void {
  const token0 = loadToken(pool.token0);
  token0.reserves = token0.reserves.minus(pool.reserve0).plus(reserve0);
  token0.save();
  const token1 = loadToken(pool.token1);
  token1.reserves = token1.reserves.minus(pool.reserve1).plus(reserve1);
  token1.save();
  pool.reserve0 = reserve0;
  pool.reserve1 = reserve1;
  pool.price0 = ratio(reserve1, reserve0);
  pool.price1 = ratio(reserve0, reserve1);
}

function bookVolume(address: Bytes, amount: BigInt): void {
  const token = loadToken(address);
  token.volume = token.volume.plus(amount);
  token.save();
}

function bookFees(address: Bytes, lpFee: BigInt, protocolFee: BigInt): void {
  const token = loadToken(address);
  token.lpFees = token.lpFees.plus(lpFee);
  token.protocolFees = token.protocolFees.plus(protocolFee);
  token.save();
}

function tick(pool: Pool, volume0: BigInt, volume1: BigInt, swaps: i32): void {
  // The index numbers ticks itself and gives them the time of their block.
  const point = new PriceTick(0);
  point.pool = pool.id;
  point.price = pool.price0;
  point.volume0 = volume0;
  point.volume1 = volume1;
  point.swaps = swaps;
  point.save();
}

function newChange(event: ethereum.Event, pool: Pool, move: string): LiquidityChange {
  const change = new LiquidityChange(eventId(event));
  change.pool = pool.id;
  change.move = move;
  change.reserve0 = pool.reserve0;
  change.reserve1 = pool.reserve1;
  change.timestamp = event.block.timestamp;
  change.block = event.block.number;
  change.transaction = event.transaction.hash;
  return change;
}

/** A pool's row; one that is made here learns its tokens and fee from `PoolCreated` later in the same transaction. */
function loadPool(event: ethereum.Event, number: BigInt): Pool {
  const id = word(number);
  const known = Pool.load(id);
  if (known !== null) return known;
  const pool = new Pool(id);
  pool.exchange = event.address;
  pool.token0 = Address.zero();
  pool.token1 = Address.zero();
  pool.fee = 0;
  pool.reserve0 = ZERO;
  pool.reserve1 = ZERO;
  pool.shares = ZERO;
  pool.price0 = BigDecimal.zero();
  pool.price1 = BigDecimal.zero();
  pool.volume0 = ZERO;
  pool.volume1 = ZERO;
  pool.lpFees0 = ZERO;
  pool.lpFees1 = ZERO;
  pool.protocolFees0 = ZERO;
  pool.protocolFees1 = ZERO;
  pool.protocolPart = 0;
  pool.swapCount = 0;
  pool.liquidityChangeCount = 0;
  pool.createdAt = event.block.timestamp;
  return pool;
}

function addShares(pool: Bytes, account: Address, amount: BigInt): void {
  const position = loadPosition(pool, account);
  position.shares = position.shares.plus(amount);
  position.save();
}

function loadPosition(pool: Bytes, account: Address): LpPosition {
  const id = pool.concat(account);
  const known = LpPosition.load(id);
  if (known !== null) return known;
  const position = new LpPosition(id);
  position.pool = pool;
  position.account = account;
  position.shares = ZERO;
  position.deposited0 = ZERO;
  position.deposited1 = ZERO;
  position.withdrawn0 = ZERO;
  position.withdrawn1 = ZERO;
  return position;
}

function loadExchange(address: Address): Exchange {
  const known = Exchange.load(address);
  if (known !== null) return known;
  const exchange = new Exchange(address);
  exchange.poolCount = 0;
  exchange.swapCount = 0;
  exchange.paused = false;
  exchange.pausedUntil = ZERO;
  const protocol = loadProtocol();
  protocol.exchange = address;
  protocol.save();
  return exchange;
}
