import { formatSpan, formatTime } from "../../core/chain-time.ts";
import { withClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { networkOptions, type NetworkFlags } from "../../core/options.ts";
import { facts } from "../../core/table.ts";
import { readGuardian, type GuardianState, type PausableState } from "./read-guardian.ts";

const STOPS = { market: "posts and claims", credits: "mints", dex: "deposits" } as const;

export const guardStatus = command<NetworkFlags>({
  name: "status",
  summary: "show who the guardian is, and what it or a vote has paused",
  options: [...networkOptions],
  examples: ["orion gov guard status", "orion gov guard status --json"],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const state = await readGuardian(chain);
      invocation.terminal.result({ ...state, guardian: state.guardian ?? null }, guardianLines(state));
    });
  },
});

function guardianLines(state: GuardianState): string[] {
  const { guardian, contracts, now } = state;
  return facts([
    ["guardian", guardian ?? "nobody"],
    ["next pause", nextPause(state)],
    ...contracts.map((each): [string, string] => [STOPS[each.name], stateLine(each, now)]),
  ]);
}

function nextPause({ guardian, nextPauseAt, pauseEnd, now }: GuardianState): string {
  if (guardian === undefined) return "a vote must name a guardian first";
  if (now < pauseEnd) return `one is running until ${formatTime(pauseEnd)}; further contracts may be added to it`;
  if (now < nextPauseAt) return `not before ${formatTime(nextPauseAt)} (in ${formatSpan(nextPauseAt - now)})`;
  return "may begin now";
}

function stateLine({ paused, pausedUntil }: PausableState, now: number): string {
  if (!paused) return "open";
  if (now >= pausedUntil) return "paused by a vote";
  return `paused by the guardian until ${formatTime(pausedUntil)} (in ${formatSpan(pausedUntil - now)}), or longer by a vote`;
}
