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
export const CU: Unit = { symbol: "CU", decimals: 12 };

/** No amount of the protocol is wider than 128 bits. */
const LARGEST = 2n ** 128n - 1n;

/**
 * A decimal amount such as `1000` or `0.25` in base units.
 * @throws InvalidArgumentError for anything else: signs, exponents, more decimals than the token has
 */
export function parseAmount(text: string, unit: Unit): bigint {
  const match = /^(\d{1,40})(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError(`Give an amount of ${unit.symbol} such as 1000 or 0.25.`);
  if ((match[2]?.length ?? 0) > unit.decimals) {
    throw new InvalidArgumentError(`${unit.symbol} has ${unit.decimals} decimals at most.`);
  }
  const amount = parseUnits(text, unit.decimals);
  if (amount > LARGEST) throw new InvalidArgumentError(`This is more ${unit.symbol} than can exist.`);
  return amount;
}

/** As `parseAmount`, for amounts that must be more than nothing. */
export function parsePositiveAmount(text: string, unit: Unit): bigint {
  const amount = parseAmount(text, unit);
  if (amount === 0n) throw new InvalidArgumentError(`Give more than 0 ${unit.symbol}.`);
  return amount;
}

/** `1,234.5 ORION`: exact, with no trailing zeros. */
export function formatAmount(amount: bigint, unit: Unit): string {
  const [whole = "0", fraction = "0"] = formatUnits(amount, unit.decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${fraction === "0" ? "" : `.${fraction}`} ${unit.symbol}`;
}

/** `≈ 1.234568 ORION`, rounded to `digits` decimals, for what a person compares; exact amounts have no `≈`. */
export function formatRounded(amount: bigint, unit: Unit, digits = 6): string {
  if (unit.decimals <= digits) return formatAmount(amount, unit);
  const grain = 10n ** BigInt(unit.decimals - digits);
  const rounded = ((amount + grain / 2n) / grain) * grain;
  // What would vanish in the rounding is shown as it is.
  if (rounded === amount || rounded === 0n) return formatAmount(amount, unit);
  return `≈ ${formatAmount(rounded, unit)}`;
}

/** A part of a whole in per cent, with two decimals, rounded to nothing's advantage: towards zero. */
export function formatPercent(part: bigint, whole: bigint): string {
  const hundredths = whole === 0n ? 0n : (part * 10_000n) / whole;
  const size = hundredths < 0n ? -hundredths : hundredths;
  return `${hundredths < 0n ? "-" : ""}${size / 100n}.${String(size % 100n).padStart(2, "0")}%`;
}
