import { Argument } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { formatSpan, formatTime } from "../../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../../core/client.ts";
import { command } from "../../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../../core/options.ts";
import { PAUSABLE, readGuardian, requireGuardian, type GuardianState, type Pausable } from "./read-guardian.ts";

/**
 * Stops new posts and claims (market), mints (credits) and deposits (dex) as the guardian; resolves to the end of the pause, in chain time.
 * @throws InvalidInputError before anything is signed: not the guardian, too soon after the last pause, or stopped in this one already
 */
export async function pauseByGuardian(client: SigningClient, names: readonly Pausable[]): Promise<number> {
  const { chain, sender } = client;
  const state = await readGuardian(chain);
  requireGuardian(state, sender.address);
  requirePausable(state, names);
  const targets = names.map((name) => chain.network.addresses[name]);
  const data = chain.contracts.guardian.interface.encodeFunctionData("pause", [targets]);
  await sender.send({ to: chain.network.addresses.guardian, data, label: "pause" });
  return (await readGuardian(chain)).pauseEnd;
}

function requirePausable({ contracts, now, pauseEnd, nextPauseAt }: GuardianState, names: readonly Pausable[]): void {
  if (now >= pauseEnd) {
    if (now >= nextPauseAt) return;
    throw new InvalidInputError(`the guardian paused lately: the next pause may begin at ${formatTime(nextPauseAt)}`, {
      hint: `pause again in ${formatSpan(nextPauseAt - now)}, or propose a pause to a vote`,
    });
  }
  const twice = contracts.filter(({ name, wasPaused }) => wasPaused && names.includes(name)).map(({ name }) => name);
  if (twice.length === 0) return;
  throw new InvalidInputError(`the running pause stopped ${twice.join(" and ")} already: each contract once`, {
    hint: `what a vote has resumed stays resumed; the pause ends at ${formatTime(pauseEnd)}`,
  });
}

export const guardPause = command<KeyFlags & NetworkFlags>({
  name: "pause",
  summary: "as the guardian, stop new posts, claims, mints and deposits for 14 days",
  details: `Everything that has a deadline and every exit goes on. The pause ends by itself, or earlier by a vote; the next may begin 45 days after this one began.
Contracts that are named later, while it runs, stop until the same end.`,
  args: [new Argument("[contract...]", "what to stop (default: all)").choices(PAUSABLE)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion gov guard pause --account guardian", "orion gov guard pause market --account guardian"],
  async run(invocation) {
    const named = (invocation.args[0] ?? []) as readonly Pausable[];
    await withSigningClient(invocation, async (client) => {
      const contracts = named.length === 0 ? PAUSABLE : [...new Set(named)];
      const until = await pauseByGuardian(client, contracts);
      invocation.terminal.result({ contracts, until, transactions: client.transactions }, [
        `paused ${contracts.join(", ")} until ${formatTime(until)}`,
      ]);
    });
  },
});
