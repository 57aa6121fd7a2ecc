import { getAddress, isAddress, ZeroAddress } from "ethers";

import { MAX_CHALLENGERS } from "@orion/protocol/challenge";
import { InvalidInputError } from "@orion/protocol/common";

import { readInput } from "../core/read-file.ts";

/** An address with its line's end, and as much again for spaces. */
const MAX_BYTES = MAX_CHALLENGERS * 88;
const HINT = "give one address a line: 0x and 40 hexadecimal digits";

/**
 * Reads a list of accounts, one address a line; empty lines are left out.
 * @throws InvalidInputError naming the file and the line, for a file that is too large, is empty, or holds anything but distinct addresses
 */
export async function readChallengers(file: string): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await readInput(file, "list of challengers", MAX_BYTES));
  const lines = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    const entry = line.trim();
    if (entry === "") continue;
    const where = `line ${index + 1} of the list of challengers ${file}`;
    const account = addressOf(entry, where);
    const earlier = lines.get(account);
    if (earlier !== undefined) throw new InvalidInputError(`${where} repeats ${account} of line ${earlier}`);
    lines.set(account, index + 1);
  }
  if (lines.size === 0) {
    throw new InvalidInputError(`the list of challengers ${file} is empty`, {
      hint: `${HINT}, or leave --challengers out to let anyone demand`,
    });
  }
  if (lines.size > MAX_CHALLENGERS) {
    throw new InvalidInputError(
      `the list of challengers ${file} names ${lines.size} accounts, at most ${MAX_CHALLENGERS} are allowed`,
    );
  }
  return [...lines.keys()];
}

function addressOf(entry: string, where: string): string {
  const shown = entry.length > 60 ? `${entry.slice(0, 60)}…` : entry;
  if (!/^0x[0-9a-fA-F]{40}$/.test(entry)) {
    throw new InvalidInputError(`${where} is no address: ${JSON.stringify(shown)}`, { hint: HINT });
  }
  if (!isAddress(entry)) {
    throw new InvalidInputError(`${where} has a wrong checksum: ${shown}`, { hint: "copy the address again" });
  }
  const account = getAddress(entry);
  if (account === ZeroAddress) throw new InvalidInputError(`${where} is the zero address, which nobody controls`);
  return account;
}
