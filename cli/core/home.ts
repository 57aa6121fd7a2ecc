import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** Folder of a local network, and of its keys, in the working directory. */
export const LOCAL_FOLDER = ".orion";
export const NETWORK_FILE = "network.json";

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set to something. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === "" ? undefined : value;
}

/** The network file: what was asked for, else the local network's. */
export function networkPath(chosen: string | undefined, env: Environment): string {
  return chosen ?? variable(env, "ORION_NETWORK") ?? path.join(LOCAL_FOLDER, NETWORK_FILE);
}

/**
 * Where keys lie: ORION_HOME, else the folder of a local network's file (it has a keys folder beside it), else ~/.orion.
 */
export function homeFolder(chosenNetwork: string | undefined, env: Environment): string {
  const set = variable(env, "ORION_HOME");
  if (set !== undefined) return set;
  const beside = path.dirname(networkPath(chosenNetwork, env));
  return existsSync(path.join(beside, "keys")) ? beside : path.join(os.homedir(), LOCAL_FOLDER);
}

export function keysFolder(home: string): string {
  return path.join(home, "keys");
}

/** Password of a local network's throw-away keys, written by `orion devnet`; other homes have none. */
export function passwordFile(home: string): string {
  return path.join(home, "password");
}
