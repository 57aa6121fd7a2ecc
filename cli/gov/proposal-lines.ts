import { formatAmount, formatPercent, formatRounded, ORION } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import { printable } from "../core/printable.ts";
import { facts } from "../core/table.ts";
import type { ActionWords } from "./actions.ts";
import type { Proposal } from "./proposals.ts";
import { nextStep, type Standing } from "./standing.ts";

const TITLE_LENGTH = 60;
const TEXT_LENGTH = 2_000;
const SHOWN_ACTIONS = 50;

/** What a proposal does, one line each; a call that has no name of ours comes with a warning. */
export function actionLines(words: readonly ActionWords[]): string[] {
  const lines = words
    .slice(0, SHOWN_ACTIONS)
    .map(({ text, isUnknown }) => (isUnknown ? `call   ${text}` : `set    ${text}`));
  const more = words.length > SHOWN_ACTIONS ? [`and ${words.length - SHOWN_ACTIONS} more`] : [];
  const isUnknown = words.some((each) => each.isUnknown);
  return [
    ...lines,
    ...more,
    ...(isUnknown ? ["warning: not all of this sets a parameter by name; read such calls before you vote"] : []),
  ];
}

export function titleOf({ description }: Proposal): string {
  return printable(description.split("\n", 1)[0] ?? "", TITLE_LENGTH);
}

function extended({ voteEnd }: Proposal, standing: Standing): string {
  return standing.voteEnd > voteEnd ? ", prolonged by a late quorum" : "";
}

/** Everything that a voter wants to know. */
export function proposalLines(proposal: Proposal, standing: Standing, words: readonly ActionWords[]): string[] {
  const votes = standing.for + standing.against + standing.abstain;
  const share = (part: bigint): string => `${formatRounded(part, ORION, 2)} (${formatPercent(part, votes)})`;
  const taking = standing.for + standing.abstain;
  return [
    ...facts([
      ["proposal", proposal.id],
      ["proposer", proposal.proposer],
      ["says", printable(proposal.description, TEXT_LENGTH)],
      ["state", standing.state],
      ["next", nextStep(proposal, standing)],
      [
        "vote",
        `${formatTime(proposal.voteStart)} to ${formatTime(standing.voteEnd)} (chain time)${extended(proposal, standing)}`,
      ],
      ["for", share(standing.for)],
      ["against", share(standing.against)],
      ["abstain", share(standing.abstain)],
      [
        "quorum",
        `${formatAmount(standing.quorum, ORION)}: ${taking >= standing.quorum ? "reached" : "not reached"} by for and abstain`,
      ],
    ]),
    ...actionLines(words),
  ];
}
