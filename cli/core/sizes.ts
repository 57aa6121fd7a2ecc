import { InvalidArgumentError } from "commander";

const BYTES: Readonly<Record<string, bigint>> = {
  "": 1n,
  KiB: 2n ** 10n,
  MiB: 2n ** 20n,
  GiB: 2n ** 30n,
  TiB: 2n ** 40n,
};

/** `512MiB`, `4GiB` or plain bytes. */
export function parseBytes(text: string): bigint {
  const match = /^(\d{1,15})(|KiB|MiB|GiB|TiB)$/.exec(text);
  const bytes = BigInt(match?.[1] ?? 0) * (BYTES[match?.[2] ?? ""] ?? 0n);
  if (bytes > 0n) return bytes;
  throw new InvalidArgumentError("Give a size such as 512MiB or 4GiB.");
}
