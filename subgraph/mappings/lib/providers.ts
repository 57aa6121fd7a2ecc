import { BigInt, Bytes } from "@graphprotocol/graph-ts";

import { Keeper, Provider } from "../../generated/schema";
import { ZERO } from "./numbers";

/** A provider's row, or null where it has none yet. */
export function knownProvider(address: Bytes): Provider | null {
  return Provider.load(address);
}

export function newProvider(address: Bytes, since: BigInt): Provider {
  const provider = new Provider(address);
  provider.free = ZERO;
  provider.locked = ZERO;
  provider.staked = ZERO;
  provider.withdrawn = ZERO;
  provider.slashed = ZERO;
  provider.recovered = ZERO;
  provider.earnedPay = ZERO;
  provider.earnedTips = ZERO;
  provider.earnedFees = ZERO;
  provider.settledWork = ZERO;
  provider.claimCount = 0;
  provider.settledCount = 0;
  provider.expiredCount = 0;
  provider.forfeitedCount = 0;
  provider.since = since;
  return provider;
}

export function loadKeeper(address: Bytes): Keeper {
  const known = Keeper.load(address);
  if (known !== null) return known;
  const keeper = new Keeper(address);
  keeper.earnedFees = ZERO;
  keeper.keptFees = ZERO;
  keeper.manifestCount = 0;
  return keeper;
}
