import { Argument } from "commander";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { accountOf, withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { positionsOf } from "./positions.ts";

export const creditsPositions = command<KeyFlags & NetworkFlags>({
  name: "positions",
  summary: "list an account's open positions: credits owed and ORION locked",
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion credits positions --account engineer --json"],
  async run(invocation) {
    const address = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async (client) => {
      const positions = await positionsOf(client, address);
      const rows = positions.map(({ id, debt, lock, end }) => [
        String(id),
        formatAmount(debt, CU),
        formatAmount(lock, ORION),
        new Date(end * 1000).toISOString(),
      ]);
      const lines =
        rows.length === 0 ? [`${address} has no open position`] : table(["position", "owes", "locked", "until"], rows);
      invocation.terminal.result({ address, positions }, lines);
    });
  },
});
