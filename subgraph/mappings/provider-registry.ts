import { Address, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import {
  Authorised,
  KeyAuthorised,
  KeyRevoked,
  Locked,
  ProfilePublished,
  ProviderJoined,
  Slashed,
  Staked,
  Unlocked,
  Withdrawn,
} from "../generated/ProviderRegistry/ProviderRegistry";
import {
  KeyChange,
  ProfilePublication,
  Provider,
  Registry,
  Slash,
  StakeAccount,
  StakeChange,
  Worker,
} from "../generated/schema";
import { dagCid, eventId } from "./lib/bytes";
import { ZERO } from "./lib/numbers";
import { loadProtocol } from "./lib/protocol";
import { knownProvider, newProvider } from "./lib/providers";
import { moveStakedVotes } from "./lib/voters";
import { loadWorker } from "./lib/workers";

/** The registry counts what is locked under a key in multiples of this. */
const KEY_UNIT = BigInt.fromI32(1 << 16);

export function handleProfilePublished(event: ProfilePublished): void {
  const registry = loadRegistry(event.address);
  const provider = loadProvider(registry, event.params.provider, event.block.timestamp);
  const cid = dagCid(event.params.profile);
  provider.profile = event.params.profile;
  provider.profileCid = cid;
  provider.profileChangedAt = event.block.timestamp;
  provider.save();
  registry.save();

  const publication = new ProfilePublication(eventId(event));
  publication.provider = provider.id;
  publication.profile = event.params.profile;
  publication.cid = cid;
  publication.timestamp = event.block.timestamp;
  publication.block = event.block.number;
  publication.transaction = event.transaction.hash;
  publication.save();
}

export function handleStaked(event: Staked): void {
  const p = event.params;
  const books = new Books(event, p.provider, p.market);
  books.move(p.amount, ZERO);
  books.registry.staked = books.registry.staked.plus(p.amount);
  books.provider.staked = books.provider.staked.plus(p.amount);
  books.account.staked = books.account.staked.plus(p.amount);
  books.save();
  recordChange(event, books, "STAKED", p.amount, p.payer);
}

export function handleWithdrawn(event: Withdrawn): void {
  const p = event.params;
  const books = new Books(event, p.provider, p.market);
  books.move(p.amount.neg(), ZERO);
  books.registry.withdrawn = books.registry.withdrawn.plus(p.amount);
  books.provider.withdrawn = books.provider.withdrawn.plus(p.amount);
  books.account.withdrawn = books.account.withdrawn.plus(p.amount);
  books.save();
  recordChange(event, books, "WITHDRAWN", p.amount, p.to);
}

export function handleAuthorised(event: Authorised): void {
  const p = event.params;
  const books = new Books(event, p.provider, p.market);
  books.account.authorised = p.authorised;
  books.save();
  standAlone(p.provider);
  recordChange(event, books, p.authorised ? "AUTHORISED" : "REVOKED", ZERO, null);
}

export function handleProviderJoined(event: ProviderJoined): void {
  const p = event.params;
  const registry = loadRegistry(event.address);
  const provider = loadProvider(registry, p.provider, event.block.timestamp);
  provider.save();
  registry.save();
  const key = loadWorker(p.key, provider.id, event.block.timestamp);
  key.provider = provider.id;
  key.isKey = true;
  key.revoked = true;
  key.maxLocked = ZERO;
  key.authorisedAt = null;
  key.save();
  recordKey(event, key, "JOINED", ZERO);
}

export function handleKeyAuthorised(event: KeyAuthorised): void {
  const p = event.params;
  const registry = loadRegistry(event.address);
  const provider = loadProvider(registry, p.provider, event.block.timestamp);
  provider.save();
  registry.save();
  standAlone(p.provider);
  const key = loadWorker(p.key, provider.id, event.block.timestamp);
  key.provider = provider.id;
  key.isKey = true;
  key.revoked = false;
  key.maxLocked = p.maxLocked.div(KEY_UNIT).times(KEY_UNIT);
  key.authorisedAt = event.block.timestamp;
  key.save();
  recordKey(event, key, "AUTHORISED", p.maxLocked);
}

export function handleKeyRevoked(event: KeyRevoked): void {
  const key = Worker.load(event.params.key);
  if (key === null) return;
  key.revoked = true;
  key.save();
  recordKey(event, key, "REVOKED", ZERO);
}

export function handleLocked(event: Locked): void {
  const p = event.params;
  const books = new Books(event, p.provider, p.market);
  books.move(p.amount.neg(), p.amount);
  books.save();
  recordChange(event, books, "LOCKED", p.amount, null);
}

export function handleUnlocked(event: Unlocked): void {
  const p = event.params;
  const books = new Books(event, p.provider, p.market);
  books.move(p.amount, p.amount.neg());
  books.save();
  recordChange(event, books, "UNLOCKED", p.amount, null);
}

export function handleSlashed(event: Slashed): void {
  const p = event.params;
  const split = p.split;
  const taken = split.burned.plus(split.toPoster).plus(split.toFinder).plus(split.toReserve);
  const books = new Books(event, p.provider, p.market);
  books.move(p.amount.minus(taken), p.amount.neg());
  const registry = books.registry;
  registry.slashed = registry.slashed.plus(taken);
  registry.burned = registry.burned.plus(split.burned);
  registry.compensated = registry.compensated.plus(split.toPoster);
  registry.rewarded = registry.rewarded.plus(split.toFinder);
  registry.reserved = registry.reserved.plus(split.toReserve);
  books.provider.slashed = books.provider.slashed.plus(taken);
  books.account.slashed = books.account.slashed.plus(taken);
  books.save();

  const slash = new Slash(eventId(event));
  slash.account = books.account.id;
  slash.provider = books.provider.id;
  slash.amount = p.amount;
  slash.burned = split.burned;
  slash.compensation = split.toPoster;
  slash.reward = split.toFinder;
  slash.reserved = split.toReserve;
  slash.poster = split.poster;
  slash.finder = split.finder;
  slash.reserve = split.reserve;
  slash.timestamp = event.block.timestamp;
  slash.block = event.block.number;
  slash.transaction = event.transaction.hash;
  slash.save();
}

/** The three rows in which one provider's stake at one market stands, loaded and saved together. */
class Books {
  registry: Registry;
  provider: Provider;
  account: StakeAccount;

  constructor(event: ethereum.Event, provider: Address, market: Address) {
    this.registry = loadRegistry(event.address);
    this.provider = loadProvider(this.registry, provider, event.block.timestamp);
    this.account = loadAccount(provider, market);
  }

  /** Adds to free and locked stake, in all three rows, and their sum to the votes of the provider. */
  move(free: BigInt, locked: BigInt): void {
    moveStakedVotes(this.provider.id, free.plus(locked));
    this.registry.free = this.registry.free.plus(free);
    this.registry.locked = this.registry.locked.plus(locked);
    this.provider.free = this.provider.free.plus(free);
    this.provider.locked = this.provider.locked.plus(locked);
    this.account.free = this.account.free.plus(free);
    this.account.locked = this.account.locked.plus(locked);
  }

  save(): void {
    this.registry.save();
    this.provider.save();
    this.account.save();
  }
}

function recordChange(
  event: ethereum.Event,
  books: Books,
  move: string,
  amount: BigInt,
  counterparty: Bytes | null,
): void {
  const change = new StakeChange(eventId(event));
  change.account = books.account.id;
  change.provider = books.provider.id;
  change.move = move;
  change.amount = amount;
  change.counterparty = counterparty;
  change.timestamp = event.block.timestamp;
  change.block = event.block.number;
  change.transaction = event.transaction.hash;
  change.save();
}

/** Whoever authorises a market or a key is a provider from then on, also if it was a key that never claimed. */
function standAlone(address: Address): void {
  const worker = Worker.load(address);
  if (worker === null || !worker.isKey) return;
  worker.provider = address;
  worker.isKey = false;
  worker.revoked = false;
  worker.maxLocked = ZERO;
  worker.authorisedAt = null;
  worker.save();
}

function recordKey(event: ethereum.Event, key: Worker, move: string, maxLocked: BigInt): void {
  const change = new KeyChange(eventId(event));
  change.key = key.id;
  change.provider = key.provider;
  change.move = move;
  change.maxLocked = maxLocked;
  change.timestamp = event.block.timestamp;
  change.block = event.block.number;
  change.transaction = event.transaction.hash;
  change.save();
}

function loadRegistry(address: Address): Registry {
  const known = Registry.load(address);
  if (known !== null) return known;
  const registry = new Registry(address);
  registry.free = ZERO;
  registry.locked = ZERO;
  registry.staked = ZERO;
  registry.withdrawn = ZERO;
  registry.slashed = ZERO;
  registry.burned = ZERO;
  registry.compensated = ZERO;
  registry.rewarded = ZERO;
  registry.reserved = ZERO;
  registry.providerCount = 0;
  const protocol = loadProtocol();
  protocol.registry = address;
  protocol.save();
  return registry;
}

/** The provider's row; a new one is counted, and saved by the caller with the registry. */
function loadProvider(registry: Registry, address: Address, now: BigInt): Provider {
  const known = knownProvider(address);
  if (known !== null) return known;
  registry.providerCount++;
  return newProvider(address, now);
}

function loadAccount(provider: Address, market: Address): StakeAccount {
  const id = provider.concat(market);
  const known = StakeAccount.load(id);
  if (known !== null) return known;
  const account = new StakeAccount(id);
  account.provider = provider;
  account.market = market;
  account.free = ZERO;
  account.locked = ZERO;
  account.authorised = false;
  account.staked = ZERO;
  account.withdrawn = ZERO;
  account.slashed = ZERO;
  return account;
}
