// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Where the elements of an operand come from; decides against which root they are proved.
library Source {
    uint256 internal constant COMPUTED = 1;
    uint256 internal constant SHARED = 2;
    uint256 internal constant SHARD = 3;
    uint256 internal constant CONSTANT = 4;
}
