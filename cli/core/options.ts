import { getAddress, isAddress, parseUnits, ZeroAddress } from "ethers";
import { InvalidArgumentError, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount, ORION, parseAmount, parsePositiveAmount, type Unit } from "./amounts.ts";
import { LOG_LEVELS, type LogLevel } from "./logger.ts";

/** Where the network is. */
export interface NetworkFlags {
  readonly network?: string;
  /** In the order in which they are tried. */
  readonly rpc?: readonly string[];
  readonly ipfs?: string;
}

/** Which key signs. */
export interface KeyFlags {
  readonly account?: string;
  readonly passwordFile?: string;
  /** Wei per gas. */
  readonly maxFee?: bigint;
}

export interface LogFlags {
  readonly logLevel: LogLevel;
}

export const networkOptions: readonly Option[] = [
  new Option("--network <file>", "network file (default: ORION_NETWORK, else ./.orion/network.json)"),
  new Option(
    "--rpc <url>",
    "JSON-RPC endpoint instead of the file's; repeat it for further ones to fall back on",
  ).argParser(collectUrls),
  new Option("--ipfs <url>", "IPFS RPC endpoint instead of the file's").argParser(parseUrl),
];

export const keyOptions: readonly Option[] = [
  new Option(
    "--account <name>",
    "key by name, address or file (default: ORION_PRIVATE_KEY, ORION_ACCOUNT, or the only one)",
  ),
  new Option("--password-file <file>", "file with the key's password (default: ORION_PASSWORD, else asked for)"),
  new Option(
    "--max-fee <gwei>",
    "most to pay per gas (default: the network file's, else a multiple of the base fee)",
  ).argParser(parseGwei),
];

export const logOptions: readonly Option[] = [
  new Option("--log-level <level>", "least level that is logged").choices(LOG_LEVELS).default("info"),
];

/** All ORION there is. */
const MOST_ORION = 10n ** 27n;
/** Escrows, tips and prices are 96 bits wide on chain. */
export const MOST_ESCROW = 2n ** 96n - 1n;

export const parseOrion = (text: string): bigint => atMost(parsePositiveAmount(text, ORION), MOST_ORION, ORION);
export const parseCredits = (text: string): bigint => parsePositiveAmount(text, CU);
/** CU that go into the escrow of a job: a price or a tip, and a fee that may be nothing. */
export const parseEscrow = (text: string): bigint => atMost(parsePositiveAmount(text, CU), MOST_ESCROW, CU);
export const parseFee = (text: string): bigint => atMost(parseAmount(text, CU), MOST_ESCROW, CU);

function atMost(amount: bigint, most: bigint, unit: Unit): bigint {
  if (amount <= most) return amount;
  throw new InvalidArgumentError(`Give ${formatAmount(most, unit)} at most.`);
}

/** A positive amount whose unit only the chain knows, with or without a prefix such as `5n`; stays a text until then. */
export function parseDecimal(text: string): string {
  if (/^\d{1,40}(?:\.\d{1,36})?(?: ?[^\d\s]\S{0,40})?$/.test(text) && /[1-9]/.test(text)) return text;
  throw new InvalidArgumentError("Give a positive amount such as 1000 or 0.25.");
}

/**
 * The base units that an option such as `--in <amount>` names, of a token that was not known when the command line was read.
 * @throws InvalidInputError in the words of any wrong option
 */
export function amountOption(flags: string, text: string, unit: Unit): bigint {
  try {
    return parsePositiveAmount(text, unit);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidInputError(`option '${flags}' argument '${text}' is invalid. ${error.message}`, {
      hint: "add --help to see how it is used",
    });
  }
}

export function parseAddress(text: string): string {
  if (isAddress(text)) return getAddress(text);
  throw new InvalidArgumentError("Give an address: 0x and 40 hexadecimal digits.");
}

/** An address that can hold something: tokens sent to the zero address are refused by every token. */
export function parseHolder(text: string): string {
  const address = parseAddress(text);
  if (address !== ZeroAddress) return address;
  throw new InvalidArgumentError("Nobody holds the zero address, and no token goes there.");
}

/** 32 bytes of hex, in lower case. */
export function parseBytes32(text: string): string {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("Give 32 bytes: 0x and 64 hexadecimal digits.");
}

export function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:\/\//i.test(text)) return text;
  throw new InvalidArgumentError("Give an address such as http://127.0.0.1:8545.");
}

function collectUrls(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), parseUrl(text)];
}

/** A price in gwei, as wei. */
export function parseGwei(text: string): bigint {
  const wei = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? parseUnits(text, "gwei") : 0n;
  if (wei > 0n) return wei;
  throw new InvalidArgumentError("Give gwei per gas, such as 2 or 0.05.");
}

/** Parser of whole numbers within bounds, both included. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A century: what is longer is a slip, and no calendar goes on for ever. */
const LONGEST_SECONDS = 36_500 * 86_400;

/** `90s`, `30m`, `12h`, `7d` in seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const seconds = Number(match?.[1] ?? 0) * (SECONDS[match?.[2] ?? ""] ?? 0);
  if (seconds > LONGEST_SECONDS) throw new InvalidArgumentError("Give 36500d at most.");
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError("Give a time such as 90s, 30m, 12h or 7d.");
}
