import { Address, BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import {
  CreditsNamed,
  LateQuorumVoteExtensionSet,
  ProposalCanceled,
  ProposalCreated,
  ProposalExecuted,
  ProposalExtended,
  ProposalQueued,
  ProposalThresholdSet,
  QuorumNumeratorUpdated,
  TimelockChange,
  VoteCast,
  VoteCastWithParams,
  VotingDelaySet,
  VotingPeriodSet,
} from "../generated/OrionGovernor/OrionGovernor";
import { Governance, Proposal, Vote } from "../generated/schema";
import { eventId, word } from "./lib/bytes";
import { ZERO } from "./lib/numbers";
import { recordParameter } from "./lib/parameters";
import { loadProtocol } from "./lib/protocol";
import { loadVoter } from "./lib/voters";

export function handleProposalCreated(event: ProposalCreated): void {
  const p = event.params;
  loadVoter(p.proposer).save();
  const proposal = new Proposal(word(p.proposalId));
  proposal.number = p.proposalId;
  proposal.governance = event.address;
  proposal.proposer = p.proposer;
  proposal.targets = changetype<Bytes[]>(p.targets);
  proposal.values = p.values;
  proposal.calldatas = p.calldatas;
  proposal.description = p.description;
  proposal.voteStart = p.voteStart;
  proposal.voteEnd = p.voteEnd;
  proposal.state = "CREATED";
  proposal.againstVotes = ZERO;
  proposal.forVotes = ZERO;
  proposal.abstainVotes = ZERO;
  proposal.createdAt = event.block.timestamp;
  proposal.save();
  const governance = loadGovernance(event.address);
  governance.proposalCount++;
  governance.save();
}

export function handleProposalQueued(event: ProposalQueued): void {
  const proposal = Proposal.load(word(event.params.proposalId));
  if (proposal === null) return;
  proposal.state = "QUEUED";
  proposal.queuedAt = event.block.timestamp;
  proposal.eta = event.params.etaSeconds;
  proposal.save();
}

export function handleProposalExecuted(event: ProposalExecuted): void {
  const proposal = Proposal.load(word(event.params.proposalId));
  if (proposal === null) return;
  proposal.state = "EXECUTED";
  proposal.executedAt = event.block.timestamp;
  proposal.save();
  const governance = loadGovernance(event.address);
  governance.executedCount++;
  governance.save();
}

export function handleProposalCanceled(event: ProposalCanceled): void {
  const proposal = Proposal.load(word(event.params.proposalId));
  if (proposal === null) return;
  proposal.state = "CANCELED";
  proposal.canceledAt = event.block.timestamp;
  proposal.save();
  const governance = loadGovernance(event.address);
  governance.canceledCount++;
  governance.save();
}

export function handleVoteCast(event: VoteCast): void {
  const p = event.params;
  vote(event, p.proposalId, p.voter, p.support, p.weight, p.reason);
}

export function handleVoteCastWithParams(event: VoteCastWithParams): void {
  const p = event.params;
  vote(event, p.proposalId, p.voter, p.support, p.weight, p.reason);
}

export function handleVotingDelaySet(event: VotingDelaySet): void {
  recordParameter(event, Bytes.fromUTF8("votingDelay"), event.params.newVotingDelay, null);
}

export function handleVotingPeriodSet(event: VotingPeriodSet): void {
  recordParameter(event, Bytes.fromUTF8("votingPeriod"), event.params.newVotingPeriod, null);
}

export function handleProposalThresholdSet(event: ProposalThresholdSet): void {
  recordParameter(event, Bytes.fromUTF8("proposalThreshold"), event.params.newProposalThreshold, null);
}

export function handleQuorumNumeratorUpdated(event: QuorumNumeratorUpdated): void {
  recordParameter(event, Bytes.fromUTF8("quorumPercent"), event.params.newQuorumNumerator, null);
}

export function handleProposalExtended(event: ProposalExtended): void {
  const proposal = Proposal.load(word(event.params.proposalId));
  if (proposal === null) return;
  proposal.voteEnd = event.params.extendedDeadline;
  proposal.save();
}

export function handleLateQuorumVoteExtensionSet(event: LateQuorumVoteExtensionSet): void {
  recordParameter(event, Bytes.fromUTF8("lateQuorumExtension"), event.params.newVoteExtension, null);
}

export function handleCreditsNamed(event: CreditsNamed): void {
  const governance = loadGovernance(event.address);
  governance.credits = event.params.credits;
  governance.save();
}

export function handleTimelockChange(event: TimelockChange): void {
  const governance = loadGovernance(event.address);
  governance.timelock = event.params.newTimelock;
  governance.save();
}

function vote(event: ethereum.Event, id: BigInt, account: Address, support: i32, weight: BigInt, reason: string): void {
  const proposal = Proposal.load(word(id));
  if (proposal === null) return;
  if (support == 0) proposal.againstVotes = proposal.againstVotes.plus(weight);
  else if (support == 1) proposal.forVotes = proposal.forVotes.plus(weight);
  else if (support == 2) proposal.abstainVotes = proposal.abstainVotes.plus(weight);
  proposal.save();
  const governance = loadGovernance(event.address);
  governance.voteCount++;
  governance.save();
  const voter = loadVoter(account);
  voter.save();

  const ballot = new Vote(eventId(event));
  ballot.proposal = proposal.id;
  ballot.voter = voter.id;
  ballot.support = supportName(support);
  ballot.weight = weight;
  ballot.reason = reason;
  ballot.timestamp = event.block.timestamp;
  ballot.block = event.block.number;
  ballot.transaction = event.transaction.hash;
  ballot.save();
}

function supportName(support: i32): string {
  if (support == 0) return "AGAINST";
  if (support == 1) return "FOR";
  return support == 2 ? "ABSTAIN" : "OTHER";
}

function loadGovernance(address: Address): Governance {
  const known = Governance.load(address);
  if (known !== null) return known;
  const governance = new Governance(address);
  governance.proposalCount = 0;
  governance.executedCount = 0;
  governance.canceledCount = 0;
  governance.voteCount = 0;
  const protocol = loadProtocol();
  protocol.governance = address;
  protocol.save();
  return governance;
}
