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
  summary: "list disputes, the latest first: who was challenged, what was shown, how it ended",
  options: [new Option("--open", "only those with a demand that waits"), limitOption("disputes", 20), ...queryOptions],
  examples: ["orion query disputes", "orion query disputes --open --limit 100 --json"],
  async run(invocation) {
    const { flags } = invocation;
    await answer(invocation, async ({ client, at }) => {
      let dated: Dated = { _meta: null };
      const leastOpen = flags.open === true ? 1 : 0;
      const disputes = await skippedPages(flags.limit, async (first, skip) => {
        const page = await client.ask(disputesQuery, {
          leastOpen,
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
    `${dispute.answerCount}/${dispute.demandCount}`,
    verdictOf(dispute),
  ]);
  return table(["since", "claim", "unit", "worker", "answered", "verdict"], rows);
}

function verdictOf({ cause, fallen, closed, open, proofs }: IndexedDispute): string {
  const [proof] = proofs;
  if (proof !== undefined) {
    return `proved wrong: node ${proof.node}, position ${proof.position}, claimed ${proof.claimed}, true ${proof.actual}`;
  }
  if (fallen) return cause === "TIMEOUT" ? "timed out" : "fallen";
  if (closed) return "withstood";
  return open > 0 ? `${open} open` : "answered";
}
