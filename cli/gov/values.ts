import { InvalidArgumentError } from "commander";
import { getAddress, isAddress, toBeHex, ZeroAddress } from "ethers";

import { formatAmount, parseAmount, parsePositiveAmount, type Unit } from "../core/amounts.ts";
import { formatSpan } from "../core/chain-time.ts";
import { parseDuration } from "../core/options.ts";

/** How the values of a parameter are written; each is kept as a whole number, a flag as 0 or 1, an account as its address. */
export interface Kind {
  /** For the list of parameters. */
  readonly unit: string;
  /** @throws InvalidArgumentError */
  parse(text: string): bigint;
  format(value: bigint): string;
  /** As the contract's setter takes it. */
  encode(value: bigint): bigint | boolean | string;
}

const asNumber = (value: bigint): bigint => value;

/** An amount of more than nothing, since these parameters are never zero. */
export function positive(unit: Unit): Kind {
  return { ...amount(unit), parse: (text) => parsePositiveAmount(text, unit) };
}

export function amount(unit: Unit): Kind {
  return {
    unit: unit.symbol,
    parse: (text) => parseAmount(text, unit),
    format: (value) => formatAmount(value, unit),
    encode: asNumber,
  };
}

export const flag: Kind = {
  unit: "true or false",
  parse: (text) => {
    if (text === "true" || text === "false") return text === "true" ? 1n : 0n;
    throw new InvalidArgumentError("Give true or false.");
  },
  format: (value) => String(value !== 0n),
  encode: (value) => value !== 0n,
};

export const duration: Kind = {
  unit: "90s, 30m, 12h or 7d",
  parse: (text) => BigInt(parseDuration(text)),
  format: (value) => formatSpan(Number(value)),
  encode: asNumber,
};

export const percent: Kind = {
  unit: "whole %",
  parse: (text) => {
    const match = /^(\d{1,3})%?$/.exec(text);
    if (match?.[1] !== undefined) return BigInt(match[1]);
    throw new InvalidArgumentError("Give a whole number of per cent, such as 4%.");
  },
  format: (value) => `${value}%`,
  encode: asNumber,
};

const ADDRESS_BYTES = 20;

/** An account, or nobody. */
export const accountOrNone: Kind = {
  unit: "an address, or none",
  parse: (text) => {
    if (text === "none") return BigInt(ZeroAddress);
    if (isAddress(text)) return BigInt(getAddress(text));
    throw new InvalidArgumentError("Give an address (0x and 40 hexadecimal digits), or none.");
  },
  format: (value) => (value === 0n ? "none" : addressOf(value)),
  encode: (value) => addressOf(value),
};

function addressOf(value: bigint): string {
  return getAddress(toBeHex(value, ADDRESS_BYTES));
}

const LEAST_PART = 6n;
const MOST_PART = 255n;

/** One part in so many of a pool's fees. */
export const part: Kind = {
  unit: "off, or 1/6 to 1/255 of the fee",
  parse: (text) => {
    if (text === "off" || text === "0") return 0n;
    const value = BigInt(/^(?:1\/)?(\d{1,3})$/.exec(text)?.[1] ?? 0);
    if (value >= LEAST_PART && value <= MOST_PART) return value;
    throw new InvalidArgumentError("Give off, or a part of the fee from 1/6 to 1/255.");
  },
  format: (value) => (value === 0n ? "off" : `1/${value} of the fee`),
  encode: asNumber,
};
