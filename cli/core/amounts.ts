import { formatUnits, parseUnits } from "ethers";
import { InvalidArgumentError } from "commander";

/** A token as people write its amounts. */
export interface Unit {
  readonly symbol: string;
  readonly decimals: number;
}

/** Base units are wei. */
export const ORION: Unit = { symbol: "ORION", decimals: 18 };
/** One base unit is one unit of work. */
export const CU: Unit = { symbol: "CU", decimals: 18 };

/** No amount of the protocol is wider than 128 bits. */
const LARGEST = 2n ** 128n - 1n;
/** SI prefixes of small amounts, and the power of ten that each divides by. */
const PREFIXES = [
  ["µ", 6],
  ["n", 9],
  ["p", 12],
  ["f", 15],
  ["a", 18],
] as const;
/** Amounts below 10^-3 of a token have a prefix. */
const SMALL = 10n ** 3n;
/** Also as people type them: u, and the Greek letter. */
const POWERS: ReadonlyMap<string, number> = new Map<string, number>([...PREFIXES, ["u", 6], ["μ", 6]]);
const SIGNIFICANT = 4;

/**
 * A decimal amount such as `1000`, `0.25`, `12.5nCU` or `3 µCU` in base units; `n` alone does as well.
 * @throws InvalidArgumentError for anything else: signs, exponents, more decimals than the token has
 */
export function parseAmount(text: string, unit: Unit): bigint {
  const { number, prefix } = splitAmount(text, unit.symbol);
  const power = POWERS.get(prefix) ?? 0;
  if ((number.split(".")[1]?.length ?? 0) + power > unit.decimals) {
    throw new InvalidArgumentError(`${unit.symbol} has ${unit.decimals} decimals at most.`);
  }
  const amount = parseUnits(number, unit.decimals - power);
  if (amount > LARGEST) throw new InvalidArgumentError(`This is more ${unit.symbol} than can exist.`);
  return amount;
}

function splitAmount(text: string, symbol: string): { number: string; prefix: string } {
  const match = /^(\d{1,40}(?:\.\d+)?)(?: ?([^\d\s].*))?$/.exec(text);
  const [, number, suffix = ""] = match ?? [];
  const prefix = suffix.endsWith(symbol) ? suffix.slice(0, suffix.length - symbol.length) : suffix;
  if (number !== undefined && (prefix === "" || POWERS.has(prefix))) return { number, prefix };
  throw new InvalidArgumentError(`Give an amount of ${symbol} such as 1000, 0.25 or 5n${symbol}.`);
}

/** As `parseAmount`, for amounts that must be more than nothing. */
export function parsePositiveAmount(text: string, unit: Unit): bigint {
  const amount = parseAmount(text, unit);
  if (amount === 0n) throw new InvalidArgumentError(`Give more than 0 ${unit.symbol}.`);
  return amount;
}

/** `1,234.5 ORION`, `327.68 nCU`: exact, with no trailing zeros and no row of leading ones. */
export function formatAmount(amount: bigint, unit: Unit): string {
  const [prefix, power] = prefixOf(amount, unit);
  const [whole = "0", fraction = "0"] = formatUnits(amount * 10n ** BigInt(power), unit.decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${fraction === "0" ? "" : `.${fraction}`} ${prefix}${unit.symbol}`;
}

/**
 * `≈ 1.234568 ORION`, `≈ 327.7 nCU`: rounded to `digits` decimals, small amounts to four significant digits, for what a person compares; exact amounts
 * have no `≈`.
 */
export function formatRounded(amount: bigint, unit: Unit, digits = 6): string {
  const rounded = isSmall(amount, unit) ? toSignificant(amount) : toDecimals(amount, unit, digits);
  // What would vanish in the rounding is shown as it is.
  if (rounded === amount || rounded === 0n) return formatAmount(amount, unit);
  return `≈ ${formatAmount(rounded, unit)}`;
}

/** A small amount, with a prefix and four significant digits; undefined for one that needs neither. */
export function formatSmall(amount: bigint, unit: Unit): string | undefined {
  return isSmall(amount, unit) ? formatAmount(toSignificant(amount), unit) : undefined;
}

function toDecimals(amount: bigint, { decimals }: Unit, digits: number): bigint {
  return decimals <= digits ? amount : toGrain(amount, 10n ** BigInt(decimals - digits));
}

function toSignificant(amount: bigint): bigint {
  return toGrain(amount, 10n ** BigInt(Math.max(0, amount.toString().length - SIGNIFICANT)));
}

function toGrain(amount: bigint, grain: bigint): bigint {
  return ((amount + grain / 2n) / grain) * grain;
}

/** Whether an amount reads better with a prefix. Units that are words, such as "for gas", take none. */
function isSmall(amount: bigint, { symbol, decimals }: Unit): boolean {
  return amount > 0n && amount * SMALL < 10n ** BigInt(decimals) && /^[A-Z]/.test(symbol);
}

/** The largest prefix of which there is at least one. */
function prefixOf(amount: bigint, unit: Unit): readonly [prefix: string, power: number] {
  if (!isSmall(amount, unit)) return ["", 0];
  const one = 10n ** BigInt(unit.decimals);
  return PREFIXES.find(([, power]) => amount * 10n ** BigInt(power) >= one) ?? ["a", 18];
}

/** A part of a whole in per cent, with two decimals, rounded to nothing's advantage: towards zero. */
export function formatPercent(part: bigint, whole: bigint): string {
  const hundredths = whole === 0n ? 0n : (part * 10_000n) / whole;
  const size = hundredths < 0n ? -hundredths : hundredths;
  return `${hundredths < 0n ? "-" : ""}${size / 100n}.${String(size % 100n).padStart(2, "0")}%`;
}
