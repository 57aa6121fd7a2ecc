import { Argument } from "commander";

import { totalsOf } from "@orion/protocol/chain";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { accountOf, withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseAddress, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { providerAccount } from "./account.ts";

export const providerStatus = command<KeyFlags & NetworkFlags>({
  name: "status",
  summary: "show a provider's stake, claims and earnings",
  args: [new Argument("[address]", "provider (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: [
    "orion provider status --account worker",
    "orion provider status 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --json",
  ],
  async run(invocation) {
    const provider = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async (client) => {
      const account = await providerAccount(client, provider);
      const { jobs, retired } = await client.follower.sync();
      const all = [...jobs.values()];
      const units = all.flatMap((job) => job.units.active().filter(({ worker }) => worker === provider));
      const count = (status: string): number => units.filter((unit) => unit.status === status).length;
      const totals = [retired.of(provider), ...all.map((job) => totalsOf(job, provider))];
      const settled = totals.reduce((sum, one) => sum + one.settled, 0);
      const penalties = totals.reduce((sum, one) => sum + one.penalties, 0);
      const earned = totals.reduce((sum, one) => sum + one.earned, 0n);
      const lost = totals.reduce((sum, one) => sum + one.lost, 0n);
      const claims = { claimed: count("claimed"), committed: count("committed"), settled };
      invocation.terminal.result(
        { ...account, claims, earned, penalties, lost },
        facts([
          ["provider", provider],
          ["authorised", account.authorised ? "yes" : "no (`orion provider authorise`)"],
          ["free stake", formatAmount(account.free, ORION)],
          ["locked stake", formatAmount(account.locked, ORION)],
          ["claims", `${claims.claimed} computing, ${claims.committed} in their window, ${claims.settled} settled`],
          ["earned", formatAmount(earned, CU)],
          ["penalties", `${penalties}, ${formatAmount(lost, ORION)} lost`],
        ]),
      );
    });
  },
});
