// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Small choices of a job in one word: `profile·8 attestors·8 minted·1`, from the lowest bit; every other bit is zero.
type JobOptions is uint24;

using JobOptionsLib for JobOptions global;

library JobOptionsLib {
    /// @dev Index of the immutable set of windows and ratios.
    function profile(JobOptions o) internal pure returns (uint8) {
        return uint8(JobOptions.unwrap(o));
    }

    /// @dev Attestations that the poster buys for each claim; zero for none.
    function attestors(JobOptions o) internal pure returns (uint8) {
        return uint8(JobOptions.unwrap(o) >> 8);
    }

    /// @dev Whether the escrow was minted for this job.
    function minted(JobOptions o) internal pure returns (bool) {
        return (JobOptions.unwrap(o) >> 16) & 1 != 0;
    }

    /// @dev Whether there is neither an attestor nor minted escrow, so that nothing but the profile says when a claim settles.
    function isPlain(JobOptions o) internal pure returns (bool) {
        return JobOptions.unwrap(o) >> 8 == 0;
    }

    /// @dev Whether no unused bit is set.
    function isCanonical(JobOptions o) internal pure returns (bool) {
        return JobOptions.unwrap(o) >> 17 == 0;
    }
}

/// @notice Everything that a job promises. Passed back by callers; storage keeps only its hash.
/// @dev Frozen: `jobId = keccak256(abi.encode(chainId, market, terms))`, fifteen words.
struct Terms {
    /// Owner of the job: accepts, cancels, receives refunds and compensation.
    address poster;
    /// Makes equal jobs distinct.
    bytes32 salt;
    /// Root of the tensor program (sha-256).
    bytes32 programRoot;
    /// sha2-256 digest of the dag-cbor dataset entry.
    bytes32 dataset;
    /// Root over the tensor roots of all slots of all shards.
    bytes32 inputsRoot;
    /// Zero: anyone may demand of the job's claims. Else the root of the list of accounts that may.
    bytes32 challengers;
    /// Rows of the batch axis before the last shard is filled up.
    uint64 rows;
    /// Number of shards.
    uint32 shards;
    /// Shards that one claim covers, 1..1024; the last unit may be smaller.
    uint32 shardsPerClaim;
    /// Units of work of one shard, as the program's static validation counts them.
    uint96 workPerShard;
    /// CU base units paid to the worker per shard; at least `workPerShard` (par rule).
    uint96 pricePerShard;
    /// Orchestrator keeper that earns the fee; may be zero when `keeperFee` is zero.
    address keeper;
    /// CU base units paid per settled shard to the keeper.
    uint96 keeperFee;
    /// ORION (wei) that a worker locks per claim, the same for every unit, the last too.
    uint96 collateralPerClaim;
    JobOptions options;
}

using {perShard, held} for Terms global;

/// @dev CU base units that one shard holds in escrow.
function perShard(Terms calldata terms) pure returns (uint256) {
    return uint256(terms.pricePerShard) + terms.keeperFee;
}

/// @dev CU base units that the whole job holds in escrow; the market refuses more than 96 bits of them.
function held(Terms calldata terms) pure returns (uint256) {
    return terms.shards * perShard(terms);
}
