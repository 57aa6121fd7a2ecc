import { Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { parsePart, parseShares } from "./options.ts";

/** Which of the shares that somebody has a command is about. */
export interface SharesFlags {
  readonly shares?: bigint;
  /** Basis points. */
  readonly part?: number;
}

export const sharesOptions: readonly Option[] = [
  new Option("--part <percent>", "part of your shares (default: all)").argParser(parsePart),
  new Option("--shares <n>", "number of shares").argParser(parseShares).conflicts("part"),
];

const WHOLE = 10_000n;

/**
 * The shares that are meant, of those that are there.
 * @throws InvalidInputError when there are none, or fewer
 */
export function chosenShares({ shares, part }: SharesFlags, held: bigint, where: string, hint: string): bigint {
  if (held === 0n) throw new InvalidInputError(`there are no shares ${where}`, { hint });
  const chosen = shares ?? (held * BigInt(part ?? Number(WHOLE))) / WHOLE;
  if (chosen > held) {
    throw new InvalidInputError(`there are only ${held} shares ${where}, not ${chosen}`, { hint });
  }
  if (chosen === 0n) throw new InvalidInputError("this part is less than one share", { hint: "give a larger part" });
  return chosen;
}
