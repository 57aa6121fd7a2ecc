import { Argument } from "commander";

import { CU, formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { formatSpan, formatTime } from "../core/chain-time.ts";
import { accountOf, withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { readHealth, type PositionHealth } from "./health.ts";
import { positionsOf } from "./positions.ts";

export const creditsPositions = command<KeyFlags & NetworkFlags>({
  name: "positions",
  summary: "list an account's open positions: credits owed, ORION locked, time left, what a roll would add",
  details:
    "After its end anyone may deliver credits against a position, and is paid a part of its lock that grows to all of it in three days.",
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion credits positions --account engineer --json"],
  async run(invocation) {
    const address = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async (client) => {
      const positions = await readHealth(client.chain, await positionsOf(client, address));
      const lines = positions.length === 0 ? [`${address} has no open position`] : table(HEADER, positions.map(row));
      invocation.terminal.result({ address, positions }, lines);
    });
  },
});

const HEADER = ["position", "owes", "locked", "until", "left", "a roll adds now"];

function row({ id, debt, lock, end, secondsLeft, topUp, paidNow }: PositionHealth): string[] {
  const left =
    secondsLeft > 0 ? formatSpan(secondsLeft) : `overdue: a delivery is paid ${formatRounded(paidNow, ORION)}`;
  return [
    String(id),
    formatAmount(debt, CU),
    formatAmount(lock, ORION),
    formatTime(end),
    left,
    topUp === 0n ? "nothing" : formatAmount(topUp, ORION),
  ];
}
