// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IStakedVotes} from "../interfaces/IStakedVotes.sol";

/// @title Voting checkpoints of ORION in custody
/// @dev INVARIANT: the votes of an owner = the ORION that the contract holds for it; Σ over all owners ≤ the ORION that the contract holds.
/// The last write of a second wins, so what comes and goes within one second never votes.
abstract contract StakedVotes is IStakedVotes {
    using Checkpoints for Checkpoints.Trace208;

    mapping(address owner => Checkpoints.Trace208) private _votes;

    /// @inheritdoc IStakedVotes
    function getVotes(address owner) external view returns (uint256) {
        return _votes[owner].latest();
    }

    /// @inheritdoc IStakedVotes
    function getPastVotes(address owner, uint256 timepoint) external view returns (uint256) {
        require(timepoint < block.timestamp, FutureLookup(timepoint, block.timestamp));
        // Cast: below the time of this block.
        return _votes[owner].upperLookupRecent(uint48(timepoint));
    }

    function _addVotes(address owner, uint256 amount) internal {
        if (amount > 0) _writeVotes(owner, _votes[owner].latest() + amount);
    }

    function _removeVotes(address owner, uint256 amount) internal {
        if (amount > 0) _writeVotes(owner, _votes[owner].latest() - amount);
    }

    function _moveVotes(address from, address to, uint256 amount) internal {
        _removeVotes(from, amount);
        _addVotes(to, amount);
    }

    /// @dev Casts: all ORION together is below 2^90 wei, and seconds fit 48 bits.
    function _writeVotes(address owner, uint256 votes) private {
        _votes[owner].push(uint48(block.timestamp), uint208(votes));
    }
}
