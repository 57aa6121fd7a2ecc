import { existsSync } from "node:fs";
import path from "node:path";

import { randomBytes } from "node:crypto";
import { Wallet } from "ethers";

import { keysFolder, passwordFile } from "../core/home.ts";
import { readInput } from "../core/read-file.ts";
import { writeWhole } from "../core/write-file.ts";
import { LIGHT_SCRYPT, openKeyFile, readKeyFile, saveKey } from "../keys/keystore.ts";

/** Who acts on a local network. The treasury deploys, holds nearly all ORION and so decides every vote. */
export const DEV_ACCOUNTS = [
  "treasury",
  "engineer",
  "worker-1",
  "worker-2",
  "worker-3",
  "orchestrator",
  "aggregator",
  "upkeep",
  "validator",
  "liquidity",
] as const;
export type DevAccount = (typeof DEV_ACCOUNTS)[number];
export type DevWallets = Readonly<Record<DevAccount, Wallet>>;

const PASSWORD_BYTES = 18;
const MAX_PASSWORD_FILE = 1024;

/**
 * The accounts of a local network: random keys, made on its first start and kept in its folder. Their password lies beside them
 * in a file of the same owner: they are worth nothing elsewhere.
 */
export async function devWallets(home: string): Promise<DevWallets> {
  const password = await ownPassword(home);
  const wallets = await Promise.all(
    DEV_ACCOUNTS.map(async (name) => [name, await devWallet(home, name, password)] as const),
  );
  return Object.fromEntries(wallets) as Record<DevAccount, Wallet>;
}

async function ownPassword(home: string): Promise<string> {
  const file = passwordFile(home);
  if (!existsSync(file)) {
    await writeWhole(file, `${randomBytes(PASSWORD_BYTES).toString("base64url")}\n`, { mode: 0o600 });
  }
  return new TextDecoder().decode(await readInput(file, "password file", MAX_PASSWORD_FILE)).trim();
}

async function devWallet(home: string, name: DevAccount, password: string): Promise<Wallet> {
  const file = path.join(keysFolder(home), `${name}.json`);
  if (existsSync(file)) return openKeyFile(await readKeyFile(file), password);
  const wallet = new Wallet(Wallet.createRandom().privateKey);
  await saveKey(keysFolder(home), name, wallet, password, LIGHT_SCRYPT);
  return wallet;
}
