// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGuardedPause} from "../interfaces/IGuardedPause.sol";
import {IGuardian} from "../interfaces/IGuardian.sol";

/// @title Guardian
/// @dev Made by the timelock that it belongs to, which lets it cancel. What the timelock owns asks it for its guardian before it lets itself be paused.
contract Guardian is IGuardian {
    /// @notice Longer than a vote with its delays takes, so that a decision can follow before the pause ends.
    uint40 public constant LONGEST_PAUSE = 14 days;
    /// @notice From the beginning of one pause to the beginning of the next.
    uint40 public constant LEAST_INTERVAL = 45 days;

    TimelockController public immutable TIMELOCK;

    /// @inheritdoc IGuardian
    address public guardian;
    /// @inheritdoc IGuardian
    uint40 public pausedAt;
    /// @dev Beginning of the pause in which a target was stopped last.
    mapping(address target => uint40) private _stoppedIn;
    /// @inheritdoc IGuardian
    mapping(bytes32 action => bool) public vetoed;

    constructor(TimelockController timelock) {
        TIMELOCK = timelock;
    }

    modifier onlyGuardian() {
        // Nobody calls from the zero address.
        require(msg.sender == guardian, NotGuardian(msg.sender));
        _;
    }

    /// @inheritdoc IGuardian
    function setGuardian(address account) external {
        require(msg.sender == address(TIMELOCK), NotTimelock(msg.sender));
        guardian = account;
        emit GuardianSet(account);
    }

    /// @inheritdoc IGuardian
    function pause(address[] calldata targets) external onlyGuardian {
        require(targets.length > 0, NothingToPause());
        uint40 start = _begin();
        uint40 until = start + LONGEST_PAUSE;
        for (uint256 i; i < targets.length; ++i) {
            // What a vote has resumed stays resumed.
            require(_stoppedIn[targets[i]] != start, AlreadyPaused(targets[i]));
            _stoppedIn[targets[i]] = start;
            emit Paused(msg.sender, targets[i], until);
            IGuardedPause(targets[i]).pauseUntil(until);
        }
    }

    /// @inheritdoc IGuardian
    function veto(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas,
        bytes32 predecessor,
        bytes32 salt
    ) external onlyGuardian {
        require(!_onlySetsGuardian(targets, calldatas), OnlySetsGuardian());
        bytes32 action = hashAction(targets, values, calldatas);
        require(!vetoed[action], VetoedBefore(action));
        vetoed[action] = true;
        bytes32 operation = TIMELOCK.hashOperationBatch(targets, values, calldatas, predecessor, salt);
        emit OperationVetoed(msg.sender, operation, action);
        TIMELOCK.cancel(operation);
    }

    /// @inheritdoc IGuardian
    function isPaused(address target) external view returns (bool) {
        uint40 start = _stoppedIn[target];
        return start != 0 && start == pausedAt;
    }

    /// @inheritdoc IGuardian
    function hashAction(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(targets, values, calldatas));
    }

    /// @dev Beginning of the running pause; a new one if it may begin.
    function _begin() private returns (uint40 start) {
        start = pausedAt;
        if (start != 0) {
            if (block.timestamp < start + LONGEST_PAUSE) return start;
            require(block.timestamp >= start + LEAST_INTERVAL, PausedRecently(start + LEAST_INTERVAL));
        }
        start = uint40(block.timestamp);
        pausedAt = start;
    }

    /// @dev Whether every call only names a guardian, which a guardian must not be able to hold up.
    function _onlySetsGuardian(address[] calldata targets, bytes[] calldata calldatas) private view returns (bool) {
        for (uint256 i; i < targets.length; ++i) {
            if (targets[i] != address(this) || bytes4(calldatas[i]) != this.setGuardian.selector) return false;
        }
        return true;
    }
}
