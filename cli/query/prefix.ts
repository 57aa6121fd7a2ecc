import { InvalidInputError } from "@orion/protocol/common";

const DIGITS = 64;

/** The lowest and the highest id that begin so. */
export function idRange(prefix: string): { least: string; most: string } {
  return { least: prefix.padEnd(DIGITS + 2, "0"), most: prefix.padEnd(DIGITS + 2, "f") };
}

/** @throws InvalidInputError when nothing begins so, or more than one thing */
export function onlyOne<T>(what: string, found: readonly T[], prefix: string): T {
  const [first, second] = found;
  if (first === undefined) {
    throw new InvalidInputError(`the index knows no ${what} ${prefix}`, {
      hint: "check the id; --fresh waits for what was mined just now",
    });
  }
  if (second === undefined) return first;
  throw new InvalidInputError(`several ${what}s begin with ${prefix}`, { hint: "give more digits of the id" });
}
