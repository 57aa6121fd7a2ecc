import { InvalidArgumentError } from "commander";

/** The number of a position, from 1. */
export function parsePositionId(text: string): bigint {
  if (/^[1-9]\d{0,30}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("Give the number of a position, as `orion credits positions` shows it.");
}
