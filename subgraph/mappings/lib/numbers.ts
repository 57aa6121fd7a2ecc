import { BigDecimal, BigInt } from "@graphprotocol/graph-ts";

export const ZERO = BigInt.zero();
export const ONE = BigInt.fromI32(1);

/** a / b, or zero where b is zero. */
export function ratio(a: BigInt, b: BigInt): BigDecimal {
  if (b.isZero()) return BigDecimal.zero();
  return a.toBigDecimal().div(b.toBigDecimal());
}

export function magnitude(value: BigInt): BigInt {
  return value.lt(ZERO) ? value.neg() : value;
}

export function smaller(a: BigInt, b: BigInt): BigInt {
  return a.lt(b) ? a : b;
}

export function larger(a: BigInt, b: BigInt): BigInt {
  return a.gt(b) ? a : b;
}

/** ceil(a / b), or zero where b is zero. */
export function divideUp(a: BigInt, b: BigInt): BigInt {
  return b.isZero() ? ZERO : a.plus(b).minus(ONE).div(b);
}
