import { chmod, mkdir, readdir } from "node:fs/promises";
import path from "node:path";

import { decryptKeystoreJson, encryptKeystoreJson, getAddress, isAddress, Wallet } from "ethers";
import { z } from "zod";

import { InvalidInputError } from "@orion/protocol/common";

import { readInput } from "../core/read-file.ts";
import { writeWhole } from "../core/write-file.ts";
import { useNativeScrypt } from "./native-scrypt.ts";

/** An encrypted key file that was read but not opened. */
export interface KeyFile {
  readonly name: string;
  readonly file: string;
  readonly address: string;
  readonly json: string;
}

const MAX_KEY_FILE_BYTES = 1 << 16;
const SUFFIX = ".json";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Limits on what a key file may ask of this machine: scrypt takes 128 · N · r bytes. */
const MAX_SCRYPT_BYTES = 512 * 2 ** 20;
const keystoreSchema = z.looseObject({
  version: z.literal(3),
  address: z.string().transform((text) => (text.startsWith("0x") ? text : `0x${text}`)),
  crypto: z.looseObject({
    cipher: z.literal("aes-128-ctr"),
    kdf: z.literal("scrypt"),
    kdfparams: z
      .looseObject({
        n: z
          .int()
          .min(2)
          .max(2 ** 24),
        r: z.int().min(1).max(64),
        p: z.int().min(1).max(16),
      })
      .refine(({ n, r }) => 128 * n * r <= MAX_SCRYPT_BYTES, { message: "asks for more memory than any key needs" }),
  }),
});

/** Cost of opening a key file: what ethers and geth take for keys of value. */
export const STRONG_SCRYPT = 2 ** 17;
/** For keys of a local network, whose password lies beside them. */
export const LIGHT_SCRYPT = 2 ** 12;

/** @throws InvalidInputError for a name that could be a path */
export function requireKeyName(name: string): string {
  if (NAME.test(name)) return name;
  throw new InvalidInputError(`"${name.slice(0, 80)}" can't name a key`, {
    hint: "use letters, digits, dots, dashes and underscores, 64 at most",
  });
}

/** Encrypts a key into a new file that its owner alone may read. */
export async function saveKey(
  folder: string,
  name: string,
  wallet: { readonly address: string; readonly privateKey: string },
  password: string,
  scryptN: number = STRONG_SCRYPT,
): Promise<KeyFile> {
  useNativeScrypt();
  const file = path.join(folder, `${requireKeyName(name)}${SUFFIX}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const json = await encryptKeystoreJson(wallet, password, { scrypt: { N: scryptN, r: 8, p: 1 } });
  await writeWhole(file, `${json}\n`, { mode: 0o600, isNew: true });
  return { name, file, address: wallet.address, json };
}

/**
 * Reads a key file without opening it.
 * @throws InvalidInputError saying what is wrong with it
 */
export async function readKeyFile(file: string): Promise<KeyFile> {
  const json = new TextDecoder().decode(await readInput(file, "key file", MAX_KEY_FILE_BYTES));
  const hint = "a key file is the encrypted JSON (version 3) that `orion keys new` writes";
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The parser's message may quote the file, which may hold a bare key: it is dropped on purpose.
    throw new InvalidInputError(`the key file ${file} is not JSON`, { hint });
  }
  const parsed = keystoreSchema.safeParse(lowerCaseCrypto(value));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InvalidInputError(
      `the key file ${file} is malformed: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      { hint },
    );
  }
  const { address } = parsed.data;
  if (!isAddress(address)) {
    throw new InvalidInputError(`the key file ${file} is malformed: its address is none`, { hint });
  }
  return { name: path.basename(file, SUFFIX), file, address: getAddress(address), json };
}

/** @throws InvalidInputError when the password is wrong or the file damaged */
export async function openKeyFile(keyFile: KeyFile, password: string): Promise<Wallet> {
  useNativeScrypt();
  try {
    // It also compares the key with the address that the file names.
    return new Wallet((await decryptKeystoreJson(keyFile.json, password)).privateKey);
  } catch {
    // What went wrong inside may quote what was decrypted: it is dropped on purpose.
    throw new InvalidInputError(`the password does not open the key file ${keyFile.file}`, {
      hint: "check the password; if it is right, the file is damaged",
    });
  }
}

/** All key files of a folder, by name; files that are none are left out. */
export async function listKeys(folder: string): Promise<KeyFile[]> {
  const entries = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.endsWith(SUFFIX))
      .sort()
      .map((entry) => readKeyFile(path.join(folder, entry)).catch(() => undefined)),
  );
  return found.filter((keyFile) => keyFile !== undefined);
}

/** Wallets have written `Crypto` as well as `crypto`. */
function lowerCaseCrypto(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key === "Crypto" ? "crypto" : key, part as unknown]),
  );
}
