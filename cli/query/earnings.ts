import { Argument } from "commander";

import {
  earningsQuery,
  newestFirst,
  paymentsQuery,
  type EarningsQuery,
  type PaymentsQuery,
} from "@orion/protocol/query";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { parseAddress } from "../core/options.ts";
import { facts, table } from "../core/table.ts";
import { answer, instant, sameBlock } from "./answer.ts";
import { limitOption, queryOptions, type QueryFlags } from "./options.ts";

interface Flags extends QueryFlags {
  readonly limit: number;
}

type Payment = PaymentsQuery["payments"][number];

const MOST_PAYMENTS = 1_000_000;

export const queryEarnings = command<Flags>({
  name: "earnings",
  summary: "show what an account has earned, as provider, operator key, keeper and finder, and each payment for work",
  details: `A provider's earnings are those of all its operator keys, and stand apart for each; a key's are its part of its provider's.`,
  args: [new Argument("<address>", "the account").argParser(parseAddress)],
  options: [limitOption("payments", 20, MOST_PAYMENTS), ...queryOptions],
  examples: ["orion query earnings 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --limit 5000 --json"],
  async run(invocation) {
    const address = invocation.args[0] as string;
    const id = address.toLowerCase();
    await answer(invocation, async ({ client, at }) => {
      const totals = await client.ask(earningsQuery, { id, ...at });
      const payments = await newestFirst(
        invocation.flags.limit,
        async (first, before) =>
          (await client.ask(paymentsQuery, { account: id, before, first, ...sameBlock(totals) })).payments,
      );
      const { provider, worker, keeper, challenger } = totals;
      const value = { address, provider, worker, keeper, challenger, payments };
      return { value, lines: earningsLines(address, totals, payments), dated: totals };
    });
  },
});

const cu = (...amounts: string[]): string =>
  formatAmount(
    amounts.reduce((sum, each) => sum + BigInt(each), 0n),
    CU,
  );
const orion = (amount: string): string => formatAmount(BigInt(amount), ORION);

export function earningsLines(address: string, totals: EarningsQuery, payments: readonly Payment[]): string[] {
  const { provider, worker, keeper, challenger } = totals;
  const earned: (readonly [string, string])[] = [];
  if (provider !== null) {
    earned.push(["as provider", workLine(provider)]);
    earned.push(["slashed", `${orion(provider.slashed)}, ${orion(provider.recovered)} recovered from reserves`]);
  }
  if (worker?.isKey === true) {
    earned.push(["as key", `${workLine(worker)}, for its provider ${worker.provider.id}`]);
  }
  if (keeper !== null) {
    earned.push(["as keeper", `${cu(keeper.earnedFees, keeper.keptFees)} for ${keeper.manifestCount} manifests`]);
  }
  if (challenger !== null) {
    const { rewards, proofCount, timeoutCount } = challenger;
    earned.push(["as finder", `${orion(rewards)} for ${proofCount} proofs and ${timeoutCount} time-outs`]);
  }
  if (earned.length === 0) return [`${address} has earned nothing`];
  const rows = payments.map(({ timestamp, job, unit, worker: { id }, pay, tip, fee, accepted }) => [
    instant(timestamp),
    job.id,
    unit.index,
    id,
    cu(pay),
    cu(tip),
    cu(fee),
    accepted ? "accepted" : "settled",
  ]);
  const heads = ["paid", "job", "unit", "worker", "work", "tip", "fee", "how"];
  const list = rows.length === 0 ? [] : ["", ...table(heads, rows)];
  return [...facts([["account", address], ...earned]), ...keyLines(provider), ...list];
}

type Work = Pick<NonNullable<EarningsQuery["worker"]>, "earnedPay" | "earnedTips" | "earnedFees" | "settledCount">;

function workLine({ earnedPay, earnedTips, earnedFees, settledCount }: Work): string {
  const parts = `${cu(earnedPay)} for work, ${cu(earnedTips)} of tips, ${cu(earnedFees)} of fees`;
  return `${cu(earnedPay, earnedTips, earnedFees)}: ${parts}, for ${settledCount} claims`;
}

/** A provider's earnings by who claimed, where it has keys. */
function keyLines(provider: EarningsQuery["provider"]): string[] {
  if (provider?.workers.some(({ isKey }) => isKey) !== true) return [];
  const rows = provider.workers.map((worker) => [
    worker.id,
    worker.isKey ? (worker.revoked ? "revoked key" : "key") : "itself",
    cu(worker.earnedPay, worker.earnedTips, worker.earnedFees),
    String(worker.settledCount),
    orion(worker.slashed),
  ]);
  return ["", ...table(["by", "what", "earned", "claims", "slashed"], rows)];
}
