import { Argument, Option } from "commander";

import { CU, formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { formatSpan, formatTime } from "../core/chain-time.ts";
import { accountOf, withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { whileScanning } from "../core/progress.ts";
import { table } from "../core/table.ts";
import { readHealth, type PositionHealth } from "./health.ts";
import { readPositions } from "./positions.ts";

interface Flags extends KeyFlags, NetworkFlags {
  readonly overdue?: true;
}

export const creditsPositions = command<Flags>({
  name: "positions",
  summary: "list an account's open positions: credits owed, ORION locked, time left, what a roll would add",
  details: `After its end anyone may deliver credits against a position, and is paid a part of its lock that grows to all of it in three days.
--overdue lists those of all accounts, and what a delivery of all that they owe is paid now.`,
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [
    new Option("--overdue", "only those that have ended; of everybody, unless an address is given"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion credits positions --account engineer --json", "orion credits positions --overdue"],
  async run(invocation) {
    const { args, flags, terminal } = invocation;
    const given = args[0] as string | undefined;
    const isEverybody = flags.overdue === true && given === undefined && flags.account === undefined;
    const address = isEverybody ? undefined : await accountOf(invocation, given);
    await withClient(invocation, async ({ chain }) => {
      const open = await whileScanning(terminal, "reading positions", (onBlocks) => readPositions(chain, onBlocks));
      const theirs = open.filter(({ owner }) => address === undefined || owner === address);
      const all = await readHealth(chain, theirs);
      const positions = flags.overdue === true ? all.filter(({ secondsLeft }) => secondsLeft === 0) : all;
      const none = `no ${flags.overdue === true ? "overdue" : "open"} position`;
      const nothing = address === undefined ? `there is ${none}` : `${address} has ${none}`;
      const lines = positions.length === 0 ? [nothing] : table(HEADER, positions.map(row));
      terminal.result({ address: address ?? null, positions }, lines);
    });
  },
});

const HEADER = ["position", "owes", "locked", "until", "left", "a roll adds now", "owner"];

function row({ id, owner, debt, lock, end, secondsLeft, topUp, paidNow }: PositionHealth): string[] {
  const left =
    secondsLeft > 0 ? formatSpan(secondsLeft) : `overdue: a delivery is paid ${formatRounded(paidNow, ORION)}`;
  return [
    String(id),
    formatAmount(debt, CU),
    formatAmount(lock, ORION),
    formatTime(end),
    left,
    topUp === 0n ? "nothing" : formatAmount(topUp, ORION),
    owner,
  ];
}
