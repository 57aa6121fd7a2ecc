// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes, IVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IStakedVotes} from "../interfaces/IStakedVotes.sol";
import {OrionTimelock} from "./OrionTimelock.sol";

/// @title Holders of ORION decide
/// @notice Votes are counted as they were when voting began, so what is borrowed for one transaction counts for nothing: ORION delegated to an account,
/// its stake, and the locks of its positions of compute credits. What is decided waits in the timelock, which owns every parameter. Times are in seconds.
/// @dev The governor makes its own timelock, so nobody holds a right in between. Credits are owned by that timelock, so they are named after it, once.
/// INVARIANT: all votes of one second together ≤ ORION's supply of that second, of which the quorum is a share.
contract OrionGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorPreventLateQuorum,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    uint256 public constant LEAST_VOTING_DELAY = 1 hours;
    uint256 public constant LEAST_VOTING_PERIOD = 1 days;
    uint256 public constant LONGEST_PERIOD = 30 days;
    /// @notice ORION wei: one per cent of all.
    uint256 public constant HIGHEST_THRESHOLD = 10_000_000 ether;
    /// @notice Per cent of all ORION that take part.
    uint256 public constant LEAST_QUORUM = 1;
    uint256 public constant HIGHEST_QUORUM = 20;

    /// @notice Least time that a vote goes on after it has reached its quorum.
    uint256 public constant LEAST_EXTENSION = 1 hours;

    /// @notice Stake of providers, which votes.
    IStakedVotes public immutable REGISTRY;
    /// @dev May name the credits, once, beside the timelock.
    address private immutable _DEPLOYER;

    /// @notice Compute credits, whose locks vote; zero until they are named.
    IStakedVotes public credits;
    /// @notice The last proposal of an account; zero if it made none.
    mapping(address proposer => uint256 id) public lastProposal;

    event CreditsNamed(IStakedVotes credits);

    error CreditsAreNamed(IStakedVotes credits);
    error NotDeployer(address caller);
    error ProposalIsLive(address proposer, uint256 id);
    error SettingOutOfBounds(bytes32 name, uint256 value, uint256 least, uint256 most);
    error TimelockIsFixed();

    /// @param delay Seconds from a proposal to its vote; @param period seconds of the vote; @param extension seconds that a vote lasts at least
    /// once it has reached its quorum; @param threshold ORION wei of votes that a
    /// proposer needs; @param quorumPercent of all ORION; @param timelockDelay seconds from the queue to the execution.
    constructor(
        IVotes orion,
        IStakedVotes registry,
        uint48 delay,
        uint32 period,
        uint48 extension,
        uint256 threshold,
        uint256 quorumPercent,
        uint256 timelockDelay
    )
        Governor("Orion Governor")
        GovernorSettings(delay, period, threshold)
        GovernorPreventLateQuorum(extension)
        GovernorVotes(orion)
        GovernorVotesQuorumFraction(quorumPercent)
        GovernorTimelockControl(new OrionTimelock(timelockDelay, address(this)))
    {
        REGISTRY = registry;
        _DEPLOYER = msg.sender;
    }

    /// @notice Names the compute credits whose locks vote. Once, by the deployer, or by a decision if the deployer did not; the same again does nothing.
    function nameCredits(IStakedVotes credits_) external {
        require(msg.sender == _DEPLOYER || msg.sender == _executor(), NotDeployer(msg.sender));
        if (address(credits_) == address(credits)) return;
        require(address(credits) == address(0), CreditsAreNamed(credits));
        credits = credits_;
        emit CreditsNamed(credits_);
    }

    /// @notice Always reverts: another timelock would own nothing, and could have no delay. Whoever wants another governor hands it what the
    /// timelock owns.
    function updateTimelock(TimelockController) public pure override {
        revert TimelockIsFixed();
    }

    function votingDelay() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.votingDelay();
    }

    function votingPeriod() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.votingPeriod();
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @notice End of a vote; later than planned if it reached its quorum late.
    function proposalDeadline(uint256 id) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(id);
    }

    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(id);
    }

    function proposalNeedsQueuing(uint256 id) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(id);
    }

    function _setVotingDelay(uint48 value) internal override {
        _requireWithin("votingDelay", value, LEAST_VOTING_DELAY, LONGEST_PERIOD);
        super._setVotingDelay(value);
    }

    function _setVotingPeriod(uint32 value) internal override {
        _requireWithin("votingPeriod", value, LEAST_VOTING_PERIOD, LONGEST_PERIOD);
        super._setVotingPeriod(value);
    }

    function _setProposalThreshold(uint256 value) internal override {
        _requireWithin("proposalThreshold", value, 0, HIGHEST_THRESHOLD);
        super._setProposalThreshold(value);
    }

    function _setLateQuorumVoteExtension(uint48 value) internal override {
        _requireWithin("extension", value, LEAST_EXTENSION, votingPeriod());
        super._setLateQuorumVoteExtension(value);
    }

    function _updateQuorumNumerator(uint256 value) internal override {
        _requireWithin("quorum", value, LEAST_QUORUM, HIGHEST_QUORUM);
        super._updateQuorumNumerator(value);
    }

    /// @dev Who has a proposal whose vote has not ended makes no other.
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256 id) {
        uint256 last = lastProposal[proposer];
        require(last == 0 || !_isLive(last), ProposalIsLive(proposer, last));
        id = super._propose(targets, values, calldatas, description, proposer);
        lastProposal[proposer] = id;
    }

    function _tallyUpdated(uint256 id) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(id);
    }

    function _queueOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(id, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(id, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    /// @dev Its proposer until the vote begins; anyone until the vote ends, once the proposer has fewer votes than a proposal needs.
    function _validateCancel(uint256 id, address caller) internal view override returns (bool) {
        if (super._validateCancel(id, caller)) return true;
        return _isLive(id) && getVotes(proposalProposer(id), clock() - 1) < proposalThreshold();
    }

    /// @dev No overflow: one wei of ORION is counted in one place at most.
    function _getVotes(
        address account,
        uint256 timepoint,
        bytes memory params
    ) internal view override(Governor, GovernorVotes) returns (uint256 votes) {
        votes = super._getVotes(account, timepoint, params) + REGISTRY.getPastVotes(account, timepoint);
        if (address(credits) != address(0)) votes += credits.getPastVotes(account, timepoint);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    /// @dev Whether the vote on a proposal is to come or goes on.
    function _isLive(uint256 id) private view returns (bool) {
        ProposalState s = state(id);
        return s == ProposalState.Pending || s == ProposalState.Active;
    }

    function _requireWithin(bytes32 name, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, SettingOutOfBounds(name, value, least, most));
    }
}
