import { Argument } from "commander";
import { ZeroAddress } from "ethers";

import { reading } from "@orion/protocol/chain";

import { formatAmount, formatPercent, ORION } from "../core/amounts.ts";
import { accountOf, withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { readVotingPower, type VotingPower } from "./voting-power.ts";

export const govPower = command<KeyFlags & NetworkFlags>({
  name: "power",
  summary: "show an account's votes: delegated, staked, locked in credits",
  details: `ORION that an account holds votes once it is delegated. Its stake and the locks of its credit positions vote by themselves, through the account, and
cannot be delegated. A vote counts all three as they were when it began.`,
  args: [new Argument("[address]", "account (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion gov power --account treasury", "orion gov power 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --json"],
  async run(invocation) {
    const account = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async ({ chain }) => {
      const { governor, orion } = chain.contracts;
      const power = await readVotingPower(chain, account);
      const [threshold, supply] = await reading(chain, () =>
        Promise.all([governor.proposalThreshold(), orion.totalSupply()]),
      );
      const { votes, delegated, staked, locked } = power;
      invocation.terminal.result(
        { account, ...power, threshold, supply, mayPropose: votes >= threshold },
        facts([
          ["account", account],
          ["votes", `${formatAmount(votes, ORION)} (${formatPercent(votes, supply)} of all ORION)`],
          ["delegated to it", formatAmount(delegated, ORION)],
          ["staked", formatAmount(staked, ORION)],
          ["locked in credits", formatAmount(locked, ORION)],
          ["holds", heldLine(account, power)],
          ["proposals", mayPropose(votes, threshold)],
        ]),
      );
    });
  },
});

function heldLine(account: string, { held, delegate }: VotingPower): string {
  const amount = formatAmount(held, ORION);
  if (delegate === ZeroAddress) {
    return held === 0n ? amount : `${amount}, which votes for nobody: \`orion gov delegate\` makes it count`;
  }
  return `${amount}, delegated to ${delegate === account ? "itself" : delegate}`;
}

function mayPropose(votes: bigint, threshold: bigint): string {
  const needed = formatAmount(threshold, ORION);
  return votes >= threshold ? `may propose: ${needed} are needed` : `may not propose: ${needed} of votes are needed`;
}
