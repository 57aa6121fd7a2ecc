import { existsSync } from "node:fs";
import path from "node:path";

import { getAddress, isAddress, type Wallet } from "ethers";

import { ConfigurationError, InvalidInputError } from "@orion/protocol/common";

import { keysFolder, variable } from "../core/home.ts";
import { listKeys, openKeyFile, readKeyFile, requireKeyName, type KeyFile } from "./keystore.ts";
import { readPassword, type PasswordOptions } from "./password.ts";
import { walletOfKey } from "./private-key.ts";

export interface KeyOptions extends PasswordOptions {
  /** `--account`: a name, an address or a file. */
  readonly account: string | undefined;
}

const HOW = "name one with --account, or set ORION_PRIVATE_KEY; `orion keys new` makes one";

/** The key that signs: `--account`, else ORION_PRIVATE_KEY, else ORION_ACCOUNT, else the only key of the home. */
export async function findWallet(options: KeyOptions): Promise<Wallet> {
  const found = await find(options);
  if (!("json" in found)) return found;
  return openKeyFile(found, await readPassword(options, `Password of ${found.name} (${found.address}): `));
}

/** As `findWallet`, for callers that need the address alone: nothing is opened, no password asked for. */
export async function findAddress(options: KeyOptions): Promise<string> {
  if (options.account !== undefined && isAddress(options.account)) return getAddress(options.account);
  return (await find(options)).address;
}

async function find(options: KeyOptions): Promise<KeyFile | Wallet> {
  if (options.account !== undefined) return keyFileOf(options.account, options.home);
  const key = variable(options.env, "ORION_PRIVATE_KEY");
  if (key !== undefined) return walletOfKey(key, "ORION_PRIVATE_KEY", options.secrets);
  const account = variable(options.env, "ORION_ACCOUNT");
  if (account !== undefined) return keyFileOf(account, options.home);
  const folder = keysFolder(options.home);
  const keys = await listKeys(folder);
  const [only] = keys;
  if (only === undefined) throw new ConfigurationError(`there is no key in ${folder}`, { hint: HOW });
  if (keys.length === 1) return only;
  throw new ConfigurationError(
    `there are ${keys.length} keys in ${folder}: ${keys.map(({ name }) => name).join(", ")}`,
    { hint: HOW },
  );
}

async function keyFileOf(account: string, home: string): Promise<KeyFile> {
  const folder = keysFolder(home);
  const isOne: boolean = isAddress(account);
  if (isOne) {
    const wanted = getAddress(account);
    const found = (await listKeys(folder)).find(({ address }) => address === wanted);
    if (found !== undefined) return found;
    throw new ConfigurationError(`there is no key of ${wanted} in ${folder}`, {
      hint: "`orion keys list` shows what there is",
    });
  }
  // A bare key here would end up in the shell's history: it is refused without being shown.
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(account)) {
    throw new InvalidInputError("--account takes a name, an address or a file, never a key", {
      hint: "other users can read a command line: put the key into ORION_PRIVATE_KEY or a key file",
    });
  }
  if (account.includes(path.sep) || account.endsWith(".json")) return readKeyFile(account);
  const file = path.join(folder, `${requireKeyName(account)}.json`);
  if (existsSync(file)) return readKeyFile(file);
  throw new ConfigurationError(`there is no key "${account}" in ${folder}`, {
    hint: "`orion keys list` shows what there is",
  });
}
