// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The trees in which a leaf can be missing: over the shards of a claim, the nodes of a trace, the chunks of a tensor.
library LeafTree {
    uint8 internal constant SHARDS = 0;
    uint8 internal constant NODES = 1;
    uint8 internal constant CHUNKS = 2;
}
