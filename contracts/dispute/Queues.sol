// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {JudgeProfiles} from "./JudgeProfiles.sol";

/// @title Queues of compute demands
/// @notice What a worker must compute again is due one after the other, at the pace at which it claimed, whoever demands it and of however many claims. So nobody can make an honest worker late,
/// and nobody waits for ever.
abstract contract Queues is JudgeProfiles {
    /// @dev One slot.
    struct Queue {
        /// When the last place ends; of no meaning while `open` is zero.
        uint40 end;
        /// Open demands that hold a place.
        uint32 open;
    }

    mapping(address market => mapping(address worker => Queue)) private _queues;

    /// @inheritdoc IDisputeManager
    function queueOf(address market, address worker) external view returns (uint40, uint32) {
        Queue memory q = _queues[market][worker];
        return (q.end, q.open);
    }

    /// @dev Takes a place of `time` seconds behind all others; returns its end. The queue reaches no further than all that a worker may have under way.
    function _joinQueue(address market, address worker, uint256 time) internal returns (uint256 end) {
        Queue storage q = _queues[market][worker];
        Queue memory now_ = q;
        end = Math.min(Math.max(now_.end, block.timestamp), block.timestamp + LONGEST_QUEUE) + time;
        _store(q, end, uint256(now_.open) + 1);
    }

    /// @dev Frees `places`; when nothing waits any more, the next one begins now.
    function _leaveQueue(address market, address worker, uint256 places) internal {
        Queue storage q = _queues[market][worker];
        Queue memory now_ = q;
        // INVARIANT: `open` counts these places.
        uint256 open = now_.open - places;
        _store(q, open == 0 ? block.timestamp : now_.end, open);
    }

    /// @dev One write. An end is below 2^32; no overflow: the demands of one claim are 2^16 at most.
    function _store(Queue storage q, uint256 end, uint256 open) private {
        uint256 word = end | (open << 40);
        assembly ("memory-safe") {
            sstore(q.slot, word)
        }
    }
}
