import { existsSync } from "node:fs";

import { ConfigurationError, InvalidInputError } from "@orion/protocol/common";

import { passwordFile, variable } from "../core/home.ts";
import { readInput } from "../core/read-file.ts";
import { SHORTEST_SECRET, type Secrets } from "../core/secrets.ts";
import { promptHidden } from "./prompt.ts";

export interface PasswordOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
  /** `--password-file`. */
  readonly file: string | undefined;
  readonly home: string;
}

const MAX_PASSWORD_BYTES = 1024;

/** The password of an existing key: from a file, the environment, a local network's own file, or asked for. */
export async function readPassword(options: PasswordOptions, question: string): Promise<string> {
  const given = await givenPassword(options);
  if (given !== undefined) return given;
  const typed = await ask(question);
  options.secrets.add(typed);
  return typed;
}

/** The password of a new key: asked for twice where it is typed. */
export async function readNewPassword(options: PasswordOptions): Promise<string> {
  const given = await givenPassword(options);
  if (given !== undefined) return requireLength(given);
  const typed = requireLength(await ask("New password: "));
  options.secrets.add(typed);
  if ((await ask("The same again: ")) !== typed) throw new InvalidInputError("the two passwords differ");
  return typed;
}

async function givenPassword({ env, secrets, file, home }: PasswordOptions): Promise<string | undefined> {
  const fromEnvironment = variable(env, "ORION_PASSWORD");
  const local = passwordFile(home);
  const chosen = file ?? (fromEnvironment === undefined && existsSync(local) ? local : undefined);
  if (chosen === undefined) {
    if (fromEnvironment !== undefined) secrets.add(fromEnvironment);
    return fromEnvironment;
  }
  const text = new TextDecoder().decode(await readInput(chosen, "password file", MAX_PASSWORD_BYTES));
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw new InvalidInputError(`the password file ${chosen} is empty`);
  secrets.add(password);
  return password;
}

async function ask(question: string): Promise<string> {
  if (process.stdin.isTTY) return promptHidden(question);
  throw new ConfigurationError("the key needs its password", {
    hint: "set ORION_PASSWORD, pass --password-file, or run it on a terminal to be asked",
  });
}

function requireLength(password: string): string {
  if (password.length >= SHORTEST_SECRET) return password;
  throw new InvalidInputError(`a password has at least ${SHORTEST_SECRET} characters`);
}
