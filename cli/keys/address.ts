import { keyOptionsOf } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { findAddress } from "./find-key.ts";

/** Prints the address of the key that the other commands would use. */
export const keysAddress = command<KeyFlags & NetworkFlags>({
  name: "address",
  summary: "print the address that commands would sign for",
  options: [...keyOptions, ...networkOptions.filter(({ long }) => long === "--network")],
  examples: ["orion keys address", "orion keys address --account worker --json"],
  async run(invocation) {
    const address = await findAddress(keyOptionsOf(invocation));
    invocation.terminal.result({ address }, [address]);
  },
});
