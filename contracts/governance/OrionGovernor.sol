// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes, IVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {OrionTimelock} from "./OrionTimelock.sol";

/// @title Holders of ORION decide
/// @notice Votes are counted as they were delegated when voting began, so what is borrowed for one transaction counts for nothing. What is
/// decided waits in the timelock, which owns every parameter. Times are in seconds.
/// @dev The governor makes its own timelock, so nobody holds a right in between.
contract OrionGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
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

    error SettingOutOfBounds(bytes32 name, uint256 value, uint256 least, uint256 most);
    error TimelockIsFixed();

    /// @param delay Seconds from a proposal to its vote; @param period seconds of the vote; @param threshold ORION wei of votes that a
    /// proposer needs; @param quorumPercent of all ORION; @param timelockDelay seconds from the queue to the execution.
    constructor(
        IVotes orion,
        uint48 delay,
        uint32 period,
        uint256 threshold,
        uint256 quorumPercent,
        uint256 timelockDelay
    )
        Governor("Orion Governor")
        GovernorSettings(delay, period, threshold)
        GovernorVotes(orion)
        GovernorVotesQuorumFraction(quorumPercent)
        GovernorTimelockControl(new OrionTimelock(timelockDelay, address(this)))
    {}

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

    function _updateQuorumNumerator(uint256 value) internal override {
        _requireWithin("quorum", value, LEAST_QUORUM, HIGHEST_QUORUM);
        super._updateQuorumNumerator(value);
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

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    function _requireWithin(bytes32 name, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, SettingOutOfBounds(name, value, least, most));
    }
}
