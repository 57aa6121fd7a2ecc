import { CREDIT } from "@orion/protocol/common";

/** Base units of one ORION. */
export const ORION = 10n ** 18n;
/** Base units of one CU. */
export const CU = CREDIT;
export const HOUR = 3_600;
export const DAY = 86_400;
export const YEAR = 365 * DAY;

const MICRO = 1e6;

/** ORION base units; precise to a millionth of an ORION, rounded down. */
export function toOrion(amount: number): bigint {
  return BigInt(Math.max(0, Math.floor(amount * MICRO))) * 10n ** 12n;
}

/** CU base units; precise to a millionth of a CU, rounded down. */
export function toCu(amount: number): bigint {
  return BigInt(Math.max(0, Math.floor(amount * MICRO))) * 10n ** 12n;
}

export function fromOrion(amount: bigint): number {
  return Number(amount) / 1e18;
}

export function fromCu(amount: bigint): number {
  return Number(amount) / 1e18;
}

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
