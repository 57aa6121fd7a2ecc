import { chainNow, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { formatSpan, formatTime } from "../core/chain-time.ts";
import type { Proposal } from "./proposals.ts";

/** In the order of the governor's states. */
export const STATES = [
  "pending",
  "active",
  "cancelled",
  "defeated",
  "succeeded",
  "queued",
  "expired",
  "executed",
] as const;
export type ProposalState = (typeof STATES)[number];

/** `chainNow` of a call. */
export const AT_NEXT = { blockTag: "pending" } as const;

/** Where a proposal stands. Votes and quorum are ORION wei. */
export interface Standing {
  readonly state: ProposalState;
  readonly for: bigint;
  readonly against: bigint;
  readonly abstain: bigint;
  /** Votes for and abstentions together must reach it. */
  readonly quorum: bigint;
  /** Chain time at which the vote ends; later than planned where the quorum was reached late. */
  readonly voteEnd: number;
  /** Chain time from which a queued proposal may be executed; zero before. */
  readonly executableAt: number;
  /** Chain time of all this. */
  readonly now: number;
}

/** As the next block will find it: what is in time for it can be sent now. */
export async function readStanding(chain: Chain, { id, voteStart }: Proposal): Promise<Standing> {
  const { governor } = chain.contracts;
  const now = await chainNow(chain);
  const [state, votes, quorum, eta, deadline] = await reading(chain, () =>
    Promise.all([
      governor.state(id, AT_NEXT),
      governor.proposalVotes(id, AT_NEXT),
      // The share of a supply that lies ahead is not known: the present one stands for it.
      governor.quorum(voteStart < now ? voteStart : now - 1, AT_NEXT),
      governor.proposalEta(id, AT_NEXT),
      governor.proposalDeadline(id, AT_NEXT),
    ]),
  );
  const { forVotes, againstVotes, abstainVotes } = votes;
  const counts = { for: forVotes, against: againstVotes, abstain: abstainVotes };
  const times = { voteEnd: Number(deadline), executableAt: Number(eta), now };
  return { state: STATES[Number(state)] ?? "pending", ...counts, quorum, ...times };
}

const NOTHING = "nothing";

/** What happens next, and when, in words. */
export function nextStep({ voteStart }: Proposal, standing: Standing): string {
  const { state, now, voteEnd, executableAt } = standing;
  const at = (time: number): string => `${formatTime(time)}${time > now ? ` (in ${formatSpan(time - now)})` : ""}`;
  switch (state) {
    case "pending":
      return `the vote begins after ${at(voteStart)}`;
    case "active":
      return `the vote ends at ${at(voteEnd)}`;
    case "succeeded":
      return "anyone may queue it now";
    case "queued":
      return now >= executableAt ? "anyone may execute it now" : `may be executed from ${at(executableAt)}`;
    case "defeated":
      return whyDefeated(standing);
    case "cancelled":
    case "expired":
    case "executed":
      return NOTHING;
  }
}

export function whyDefeated({ for: yes, against, abstain, quorum }: Standing): string {
  return yes + abstain < quorum ? "too few took part" : yes <= against ? "not more for than against it" : "it lost";
}

/** The refusal of a step for which the proposal is in the wrong state, with what can happen to it instead. */
export function inAnotherState(proposal: Proposal, standing: Standing): InvalidInputError {
  const next = nextStep(proposal, standing);
  return new InvalidInputError(
    next === NOTHING ? `the proposal is ${standing.state} already` : `the proposal is ${standing.state}; ${next}`,
  );
}
