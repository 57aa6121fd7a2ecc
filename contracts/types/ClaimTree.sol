// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The trees of a claim in which a leaf can be missing.
library ClaimTree {
    uint8 internal constant SHARDS = 0;
    uint8 internal constant NODES = 1;
    uint8 internal constant CHUNKS = 2;
}
