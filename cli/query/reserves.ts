import { Option } from "commander";

import { reservesQuery, skippedPages, type ReservesQuery, type ReserveState } from "@orion/protocol/query";

import { formatAmount, ORION } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { table } from "../core/table.ts";
import { answer, instant, sameBlock, type Dated } from "./answer.ts";
import { limitOption, queryOptions, type QueryFlags } from "./options.ts";

interface Flags extends QueryFlags {
  readonly pending?: true;
  readonly limit: number;
}

type IndexedReserve = ReservesQuery["reserves"][number];

const ALL: readonly ReserveState[] = ["PENDING", "UPHELD", "REFUTED", "RELEASED", "BURNED"];

export const queryReserves = command<Flags>({
  name: "reserves",
  summary: "list what claims that fell by silence left undecided, the latest first, and the verdicts",
  details: `A pending reserve of a unit that has settled since is decided: anybody may have it paid.`,
  options: [new Option("--pending", "only those that are not paid out"), limitOption("reserves", 20), ...queryOptions],
  examples: ["orion query reserves", "orion query reserves --pending --limit 100 --json"],
  async run(invocation) {
    const { flags } = invocation;
    await answer(invocation, async ({ client, at }) => {
      let dated: Dated = { _meta: null };
      const states = flags.pending === true ? (["PENDING"] as const) : ALL;
      const reserves = await skippedPages(flags.limit, async (first, skip) => {
        const where = skip === 0 ? at : sameBlock(dated);
        const page = await client.ask(reservesQuery, { states, first, skip, ...where });
        dated = page;
        return page.reserves;
      });
      return { value: { reserves }, lines: reserveLines(reserves), dated };
    });
  },
});

export function reserveLines(reserves: readonly IndexedReserve[]): string[] {
  if (reserves.length === 0) return ["no reserves"];
  const rows = reserves.map((reserve) => [
    instant(reserve.fellAt),
    reserve.job.id,
    reserve.unit.index,
    reserve.provider.id,
    orion(reserve.amount, reserve.compensation),
    verdictOf(reserve),
  ]);
  return table(["fell", "job", "unit", "provider", "in reserve", "verdict"], rows);
}

const orion = (...amounts: string[]): string =>
  formatAmount(
    amounts.reduce((sum, each) => sum + BigInt(each), 0n),
    ORION,
  );

function verdictOf({ state, claim, unit, job, toFinder, toPoster, toProvider, burned }: IndexedReserve): string {
  if (state === "PENDING") {
    const settled = unit.verdict?.claim ?? null;
    if (settled !== null) {
      return `${settled.outputsRoot === claim.outputsRoot ? "upheld" : "refuted"}, to be paid`;
    }
    return job.cancelled && unit.state === "FREE" ? "none, to be released" : "none yet";
  }
  const shares = [
    ["to the finder", toFinder],
    ["to the poster", toPoster],
    ["to the provider", toProvider],
    ["burned", burned],
  ] as const;
  const paid = shares.filter(([, amount]) => BigInt(amount) > 0n).map(([to, amount]) => `${orion(amount)} ${to}`);
  return `${state.toLowerCase()}: ${paid.join(", ")}`;
}
