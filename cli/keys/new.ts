import { Argument } from "commander";
import { Wallet } from "ethers";

import { keyOptionsOf } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keysFolder } from "../core/home.ts";
import { keyOptions, type KeyFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { requireKeyName, saveKey } from "./keystore.ts";
import { readNewPassword } from "./password.ts";

/** Makes a random key and keeps it encrypted. */
export const keysNew = command<KeyFlags>({
  name: "new",
  summary: "make a new key and keep it in an encrypted file",
  details:
    "The file lies in $ORION_HOME/keys (default: the local network's folder, else ~/.orion). There is no other copy of the key.",
  args: [new Argument("<name>", "name of the key")],
  options: keyOptions.filter(({ long }) => long === "--password-file"),
  examples: [
    "orion keys new worker",
    "ORION_HOME=/srv/orion orion keys new worker --password-file worker.password --json",
  ],
  async run(invocation) {
    const name = requireKeyName(invocation.args[0] as string);
    const options = keyOptionsOf(invocation);
    const password = await readNewPassword(options);
    const wallet = Wallet.createRandom();
    invocation.secrets.add(wallet.privateKey);
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
