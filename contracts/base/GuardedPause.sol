// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IGuardedOwner, IGuardedPause} from "../interfaces/IGuardedPause.sol";

/// @title GuardedPause
/// @dev Both pauses share one slot, so that asking for them costs one storage read. The guardian is asked of the owner: it follows a change of owner,
/// and an owner that is an account, or nobody, has none.
abstract contract GuardedPause is IGuardedPause, Ownable2Step {
    bool private _stopped;
    /// @inheritdoc IGuardedPause
    uint40 public pausedUntil;

    /// @inheritdoc IGuardedPause
    function setPaused(bool paused_) external onlyOwner {
        _stopped = paused_;
        if (!paused_) pausedUntil = 0;
        emit PausedSet(paused_);
    }

    /// @inheritdoc IGuardedPause
    function pauseUntil(uint40 until) external {
        require(msg.sender == IGuardedOwner(owner()).GUARDIAN(), NotGuardian(msg.sender));
        pausedUntil = until;
        emit PausedByGuardian(until);
    }

    /// @inheritdoc IGuardedPause
    function paused() public view returns (bool) {
        return _stopped || block.timestamp < pausedUntil;
    }
}
