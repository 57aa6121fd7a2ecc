import { InvalidArgumentError } from "commander";

const MOST_UNITS = 100_000;

/** `0,2,5-7` as numbers, ascending, each once. */
export function parseUnits(text: string): number[] {
  const units = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part);
    const from = Number(match?.[1] ?? Number.NaN);
    const to = Number(match?.[2] ?? from);
    if (!(from <= to) || to - from >= MOST_UNITS) throw new InvalidArgumentError("Give units such as 0,2,5-7.");
    for (let unit = from; unit <= to; unit++) units.add(unit);
  }
  return [...units].sort((a, b) => a - b);
}
