import { keyOptionsOf } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keysFolder } from "../core/home.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { listKeys } from "./keystore.ts";

/** Lists the key files of the home. */
export const keysList = command<NetworkFlags>({
  name: "list",
  summary: "list the keys of this machine",
  options: networkOptions.filter(({ long }) => long === "--network"),
  examples: ["orion keys list", "orion keys list --json"],
  async run(invocation) {
    const folder = keysFolder(keyOptionsOf(invocation).home);
    const keys = (await listKeys(folder)).map(({ name, address, file }) => ({ name, address, file }));
    const lines =
      keys.length === 0
        ? [`no keys in ${folder}`]
        : table(
            ["name", "address", "file"],
            keys.map((key) => [key.name, key.address, key.file]),
          );
    invocation.terminal.result({ folder, keys }, lines);
  },
});
