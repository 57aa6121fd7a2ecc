// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Terms} from "../types/Terms.sol";

/// @title Writes the traces of jobs that are finished
/// @notice For the bench of start-up, which puts this code at the market's address for a while; never deployed by the modules in deploy/.
contract PastJobs {
    /// @notice Emits the events of `count` jobs of one shard, from the post to the result, and stores the slot of the last one.
    /// @param template terms of all of them but for the salt, which is `first`, `first + 1`, …
    /// @param jobs slot of the market's mapping of jobs
    function write(Terms calldata template, uint256 first, uint256 count, address worker, uint256 jobs) external {
        Terms memory terms = template;
        for (uint256 i = first; i < first + count; ++i) {
            terms.salt = bytes32(i);
            bytes32 jobId = keccak256(abi.encode(block.chainid, address(this), terms));
            _life(terms, jobId, worker);
            // A development node copies the state for each block: all slots would take its memory and time.
            if (i + 1 == first + count) _store(jobId, jobs);
        }
    }

    function _life(Terms memory terms, bytes32 jobId, address worker) private {
        bytes32 key = keccak256(abi.encode(block.chainid, address(this), jobId, uint32(0), uint16(0), worker));
        uint40 time = uint40(block.timestamp);
        uint96 pay = terms.pricePerShard;
        uint96 locked = terms.collateralPerClaim;
        emit IJobMarket.JobPosted(jobId, terms.poster, terms.poster, terms);
        emit IJobMarket.ManifestPublished(jobId, terms.keeper, jobId, true);
        emit IJobMarket.UnitClaimed(jobId, key, worker, 0, 0, time + 60, worker, locked);
        emit IJobMarket.ClaimCommitted(jobId, key, worker, 0, key, key, time + 60);
        emit IJobMarket.UnitSettled(jobId, key, worker, 0, pay, 0, terms.keeperFee, terms.keeper, worker, false);
        emit IJobMarket.ResultPublished(jobId, worker, key, jobId);
    }

    /// @dev A job that exists, is published and has nothing left; the packing is that of `IJobMarket.JobSlot`.
    function _store(bytes32 jobId, uint256 jobs) private {
        uint256 word = (block.timestamp << 160) | (uint256(3) << 200) | (block.timestamp << 208);
        bytes32 slot = keccak256(abi.encode(jobId, jobs));
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }
}
