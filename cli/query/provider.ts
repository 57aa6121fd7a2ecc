import { Argument } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { providerQuery, type ProviderQuery } from "@orion/protocol/query";

import { CU, formatAmount, ORION } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { parseAddress } from "../core/options.ts";
import { facts, table } from "../core/table.ts";
import { answer, instant } from "./answer.ts";
import { limitOption, queryOptions, type QueryFlags } from "./options.ts";

interface Flags extends QueryFlags {
  readonly limit: number;
}

type IndexedProvider = NonNullable<ProviderQuery["provider"]>;

export const queryProvider = command<Flags>({
  name: "provider",
  summary: "show a provider: stake, record, operator keys and their queues, latest claims, slashes, reserves",
  args: [new Argument("<address>", "the provider").argParser(parseAddress)],
  options: [limitOption("claims, slashes and reserves", 10, 1_000), ...queryOptions],
  examples: ["orion query provider 0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
  async run(invocation) {
    const address = invocation.args[0] as string;
    await answer(invocation, async ({ client, at }) => {
      const found = await client.ask(providerQuery, {
        id: address.toLowerCase(),
        first: invocation.flags.limit,
        ...at,
      });
      if (found.provider === null) throw noProvider(address);
      return { value: found.provider, lines: providerLines(found.provider), dated: found };
    });
  },
});

export function noProvider(address: string): InvalidInputError {
  return new InvalidInputError(`the index knows no provider ${address}`, {
    hint: "check the address; --fresh waits for what was mined just now",
  });
}

const cu = (amount: string): string => formatAmount(BigInt(amount), CU);
const orion = (amount: string): string => formatAmount(BigInt(amount), ORION);

export function providerLines(provider: IndexedProvider): string[] {
  const { claims, slashes, reserves, workers, claimCount, settledCount, expiredCount, forfeitedCount } = provider;
  return [
    ...facts([
      ["provider", provider.id],
      ["since", instant(provider.since)],
      ["profile", provider.profileCid ?? "none announced"],
      [
        "stake",
        `${orion(provider.free)} free, ${orion(provider.locked)} locked, ${orion(provider.slashed)} slashed, ${orion(provider.recovered)} recovered`,
      ],
      ["claims", `${claimCount} made, ${settledCount} settled, ${expiredCount} expired, ${forfeitedCount} forfeited`],
      [
        "earned",
        `${cu(provider.earnedPay)} for work, ${cu(provider.earnedTips)} of tips, ${cu(provider.earnedFees)} of fees`,
      ],
      ["work settled", cu(provider.settledWork)],
    ]),
    ...list(["claims by", "what", "claims", "under way", "locked", "queue"], workers.map(workerRow)),
    ...list(["claimed", "job", "unit", "by", "state", "pay", "lock"], claims.map(claimRow)),
    ...list(["slashed", "amount", "reserved", "finder"], slashes.map(slashRow)),
    ...list(["in reserve since", "job", "unit", "amount", "verdict"], reserves.map(reserveRow)),
  ];
}

function list(heads: string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : ["", ...table(heads, rows)];
}

function workerRow(worker: IndexedProvider["workers"][number]): string[] {
  const { id, isKey, revoked, maxLocked, locked, unsettled, queueEnd, queued, claimCount } = worker;
  return [
    id,
    isKey ? (revoked ? "revoked key" : "key") : "itself",
    String(claimCount),
    String(unsettled),
    isKey ? `${orion(locked)} of ${orion(maxLocked)}` : orion(locked),
    queued === 0 ? "empty" : `${queued} until ${instant(queueEnd)}`,
  ];
}

function reserveRow({ fellAt, job, unit, amount, compensation }: IndexedProvider["reserves"][number]): string[] {
  const whole = String(BigInt(amount) + BigInt(compensation));
  return [instant(fellAt), job.id, unit.index, orion(whole), unit.verdict === null ? "none yet" : "to be paid"];
}

function claimRow(claim: IndexedProvider["claims"][number]): string[] {
  const { claimedAt, job, unit, worker, state, pay, collateral } = claim;
  return [instant(claimedAt), job.id, unit.index, worker.id, state.toLowerCase(), cu(pay), orion(collateral)];
}

function slashRow({ timestamp, amount, reserved, finder }: IndexedProvider["slashes"][number]): string[] {
  return [instant(timestamp), orion(amount), orion(reserved), finder];
}
