// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClaimFacts} from "../types/Claim.sol";

/// @title Judge of single steps
/// @notice Stateless: decides from a claim's facts and a proof alone whether the claim is wrong at one place.
/// @dev Reverts with `BadProof(fault)` or `NotWrong()` (contracts/types/Proof.sol) unless the proof shows the claim wrong.
interface ITensorVM {
    /// @notice Returns only if the proof shows the claim wrong.
    /// @param facts The claim, as recorded when it was committed; `from < to <= shards`.
    /// @param shard Absolute index of the shard that the proof is about; zero for a missing leaf of the tree over shards.
    /// @param shardRoot Root of that shard's trace, which the caller knows to be the worker's answer; zero for a missing leaf of the tree over shards, which is
    /// judged against the claim's outputs root.
    /// @param kind One of `ProofKind`.
    /// @param proof ABI encoding of the struct that belongs to the kind, with nothing behind it.
    /// @return node Node at which the claim is wrong; zero for a missing leaf of the trees over shards or nodes.
    /// @return position Element (step), byte (padding), position on its level (missing leaf), zero (fixed root).
    /// @return claimed Value in the claim: an element, a byte, or a hash.
    /// @return actual Value that it should have.
    function judge(
        ClaimFacts calldata facts,
        uint32 shard,
        bytes32 shardRoot,
        uint8 kind,
        bytes calldata proof
    ) external view returns (uint32 node, uint256 position, int256 claimed, int256 actual);
}
