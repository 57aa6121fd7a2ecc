import { Option } from "commander";

import { disputesQuery, skippedPages, type DisputesQuery } from "@orion/protocol/query";

import { command } from "../core/command.ts";
import { table } from "../core/table.ts";
import { answer, instant, sameBlock, type Dated } from "./answer.ts";
import { limitOption, queryOptions, type QueryFlags } from "./options.ts";

interface Flags extends QueryFlags {
  readonly open?: true;
  readonly limit: number;
}

type IndexedDispute = DisputesQuery["disputes"][number];

export const queryDisputes = command<Flags>({
  name: "disputes",
  summary: "list disputes, the latest first: who was challenged, how far it went, what waits, how it ended",
  options: [
    new Option("--open", "only those with a demand that waits for its answer"),
    limitOption("disputes", 20),
    ...queryOptions,
  ],
  examples: ["orion query disputes", "orion query disputes --open --limit 100 --json"],
  async run(invocation) {
    const { flags } = invocation;
    await answer(invocation, async ({ client, at }) => {
      let dated: Dated = { _meta: null };
      // A claim that fell keeps the count of what was never answered.
      const wanted = flags.open === true ? { leastOpen: 1, fallen: [false] } : { leastOpen: 0, fallen: [false, true] };
      const disputes = await skippedPages(flags.limit, async (first, skip) => {
        const page = await client.ask(disputesQuery, {
          ...wanted,
          first,
          skip,
          ...(skip === 0 ? at : sameBlock(dated)),
        });
        dated = page;
        return page.disputes;
      });
      return { value: { disputes }, lines: disputeLines(disputes), dated };
    });
  },
});

export function disputeLines(disputes: readonly IndexedDispute[]): string[] {
  if (disputes.length === 0) return ["no disputes"];
  const rows = disputes.map((dispute) => [
    instant(dispute.since),
    dispute.key,
    dispute.claim?.unit.index ?? "",
    dispute.claim?.worker.id ?? "",
    dispute.kind.toLowerCase(),
    `${dispute.answerCount}/${dispute.demandCount}`,
    verdictOf(dispute),
  ]);
  return table(["since", "claim", "unit", "worker", "kind", "answered", "verdict"], rows);
}

function verdictOf(dispute: IndexedDispute): string {
  const { cause, fallen, closed, open, proofs } = dispute;
  const [proof] = proofs;
  if (proof !== undefined) {
    return `proved wrong: shard ${proof.shard}, node ${proof.node}, position ${proof.position}, claimed ${proof.claimed}, true ${proof.actual}`;
  }
  if (fallen) return cause === "SILENCE" ? `silence${reserveOf(dispute)}` : "fallen";
  if (closed) return "withstood";
  return open > 0 ? `${open} open${nextOf(dispute)}` : "answered";
}

/** What silence has left undecided, where the market has forfeited the lock. */
function reserveOf({ claim }: IndexedDispute): string {
  const reserve = claim?.reserve ?? null;
  return reserve === null ? "" : `, reserve ${reserve.state.toLowerCase()}`;
}

/** The demand that is due next. Of what must be computed again the queue of its worker sets the time. */
function nextOf({ waiting }: IndexedDispute): string {
  const [next] = waiting;
  if (next === undefined) return "";
  const what = next.kind.toLowerCase().replace("_", " ");
  const where = next.shard === null ? "" : ` of shard ${next.shard}`;
  return `, next ${what}${where} due ${instant(next.deadline)}${next.queued === true ? " by the queue" : ""}`;
}
