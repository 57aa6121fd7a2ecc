// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Everything that a job promises. Passed back by callers; storage keeps only its hash.
/// @dev Frozen: `jobId = keccak256(abi.encode(chainId, market, terms))`.
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
    /// ORION (wei) that a worker locks per shard.
    uint96 collateralPerShard;
    /// Index of the immutable set of windows and ratios.
    uint8 profile;
}
