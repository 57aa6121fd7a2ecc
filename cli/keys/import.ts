import { Argument } from "commander";

import { keyOptionsOf } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import { keysFolder, variable } from "../core/home.ts";
import { keyOptions, type KeyFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { requireKeyName, saveKey } from "./keystore.ts";
import { readNewPassword } from "./password.ts";
import { walletOfKey } from "./private-key.ts";
import { promptHidden, readPiped } from "./prompt.ts";

const MAX_KEY_CHARACTERS = 1024;

/** Encrypts a key that exists already. */
export const keysImport = command<KeyFlags>({
  name: "import",
  summary: "keep an existing private key in an encrypted file",
  details:
    "The key is read from ORION_PRIVATE_KEY, else from standard input (hidden on a terminal), never from the command line.",
  args: [new Argument("<name>", "name of the key")],
  options: keyOptions.filter(({ long }) => long === "--password-file"),
  examples: [
    "orion keys import treasury",
    "orion keys import treasury --password-file treasury.password < treasury.key",
  ],
  async run(invocation) {
    const name = requireKeyName(invocation.args[0] as string);
    const options = keyOptionsOf(invocation);
    const wallet = walletOfKey(await readKey(invocation), "what was given", invocation.secrets);
    const password = await readNewPassword(options);
    const { address, file } = await saveKey(keysFolder(options.home), name, wallet, password);
    invocation.terminal.result(
      { name, address, file },
      facts([
        ["name", name],
        ["address", address],
        ["file", file],
      ]),
    );
  },
});

async function readKey({ env }: Invocation<KeyFlags>): Promise<string> {
  const set = variable(env, "ORION_PRIVATE_KEY");
  if (set !== undefined) return set;
  return process.stdin.isTTY ? promptHidden("Private key: ") : readPiped(MAX_KEY_CHARACTERS);
}
