// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Head of a tensor program; `programRoot` is its hash.
/// @dev Frozen. Every depth and count of a proof follows from it, a descriptor and the facts of a claim.
struct ProgramHeader {
    uint8 version;
    uint32 nodeCount;
    /// Input slots that all shards of a job read.
    uint32 sharedSlots;
    /// Input slots of which every shard has its own.
    uint32 shardSlots;
    /// Output nodes, 1..16.
    uint8 outputCount;
    /// Their indices, ascending and distinct, 32 bits each, eight a word from the highest bit down; unused ones are zero.
    uint256[2] outputs;
    /// Root over the descriptors of all nodes.
    bytes32 descriptorsRoot;
}

using ProgramHeaderLib for ProgramHeader global;

library ProgramHeaderLib {
    uint256 internal constant MAX_OUTPUTS = 16;

    /// @dev Node of the output `index` < outputCount.
    function outputNode(ProgramHeader calldata header, uint256 index) internal pure returns (uint256) {
        return uint32(header.outputs[index >> 3] >> (224 - ((index & 7) << 5)));
    }
}
