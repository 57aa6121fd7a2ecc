import { BigInt, Bytes } from "@graphprotocol/graph-ts";

import { Claim, Unit } from "../../generated/schema";
import { ONE } from "./numbers";

const TWO = BigInt.fromI32(2);
/** 2^63: of the outputs tree. */
export const OUTPUTS = TWO.pow(63);
/** 2^62: of the demand for a shard's trace. */
export const TRACE = TWO.pow(62);

/** The shards of a claim, and what follows from them for its places. */
export class ClaimRange {
  shards: BigInt;
  from: BigInt;
  /** The place of the first shard: as many places as the tree over shards has leaves. */
  top: BigInt;

  constructor(shards: BigInt, from: BigInt) {
    this.shards = shards;
    this.from = from;
    let top = ONE;
    while (top.lt(shards)) top = top.times(TWO);
    this.top = top;
  }

  /** Where a shard stands among the claim's outputs, without marks. */
  placeOf(shard: BigInt): BigInt {
    return this.top.plus(shard.minus(this.from));
  }

  /** Absolute shard that a place without marks lies in; null above the shards. */
  shardOf(place: BigInt): BigInt | null {
    if (place.lt(this.top)) return null;
    const end = this.top.times(TWO);
    let g = place;
    while (g.ge(end)) g = g.div(TWO);
    return this.from.plus(g).minus(this.top);
  }
}

/** The range of a claim; null for one that the index has not seen. */
export function rangeOf(key: Bytes | null): ClaimRange | null {
  if (key === null) return null;
  const claim = Claim.load(key);
  if (claim === null) return null;
  const unit = Unit.load(claim.unit);
  return unit === null ? null : new ClaimRange(claim.shards, unit.from);
}
