import { formatPercent, formatRounded, ORION } from "../core/amounts.ts";
import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { whileScanning } from "../core/progress.ts";
import { table } from "../core/table.ts";
import { titleOf } from "./proposal-lines.ts";
import { readProposals, type Proposal } from "./proposals.ts";
import { nextStep, readStanding, type Standing } from "./standing.ts";

const HEADER = ["proposal", "state", "for", "against", "abstain", "quorum", "says", "next"];
const ID_DIGITS = 12;

export const govList = command<NetworkFlags>({
  name: "list",
  summary: "list all proposals: state, votes, quorum, what comes next",
  details: "Times are the chain's. `orion gov show` says what a proposal does.",
  options: [...networkOptions],
  examples: ["orion gov list", "orion gov list --json"],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const proposals = await whileScanning(invocation.terminal, "reading proposals", (onBlocks) =>
        readProposals(chain, onBlocks),
      );
      const standings = await Promise.all(proposals.map((each) => readStanding(chain, each)));
      const all = proposals.map((proposal, i) => ({ proposal, standing: standings[i]! }));
      const lines = all.length === 0 ? ["nothing was proposed yet"] : table(HEADER, all.map(row));
      const json = all.map(({ proposal, standing }) => ({ ...proposal, ...standing }));
      invocation.terminal.result({ proposals: json }, lines);
    });
  },
});

function row({ proposal, standing }: { proposal: Proposal; standing: Standing }): string[] {
  const votes = (amount: bigint): string => formatRounded(amount, { ...ORION, symbol: "" }, 2).trim();
  const taking = standing.for + standing.abstain;
  return [
    proposal.id.slice(0, ID_DIGITS),
    standing.state,
    votes(standing.for),
    votes(standing.against),
    votes(standing.abstain),
    formatPercent(taking, standing.quorum),
    titleOf(proposal),
    nextStep(proposal, standing),
  ];
}
