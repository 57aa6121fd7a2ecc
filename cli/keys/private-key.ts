import { Wallet } from "ethers";

import { InvalidInputError } from "@orion/protocol/common";

import type { Secrets } from "../core/secrets.ts";

/**
 * A wallet of a key as text (32 bytes of hex, with or without 0x).
 * @param source where the text came from; the text itself stands in no message
 * @throws InvalidInputError
 */
export function walletOfKey(text: string, source: string, secrets: Secrets): Wallet {
  const trimmed = text.trim();
  secrets.add(trimmed);
  const key = trimmed.startsWith("0x") ? trimmed : `0x${trimmed}`;
  if (/^0x[0-9a-fA-F]{64}$/.test(key)) {
    try {
      return new Wallet(key);
    } catch {
      // Zero or above the order of the curve: ethers would quote it.
    }
  }
  throw new InvalidInputError(`${source} is not a private key`, {
    hint: "a key is 32 bytes of hexadecimal: 64 digits",
  });
}
