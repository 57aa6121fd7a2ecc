// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Depths of trees and places, by comparisons alone
/// @notice What the model checker proves bounds of: it does not see through assembly. Fuzz tests hold it equal to ShaTree
/// and Place. Never deployed.
library DepthModel {
    /// @dev The highest bit of `x` > 0, which is below 2^64: its position and its value.
    function highestBit(uint256 x) internal pure returns (uint256 position, uint256 value) {
        value = 1;
        if (x >= value * 2 ** 32) (position, value) = (position + 32, value * 2 ** 32);
        if (x >= value * 2 ** 16) (position, value) = (position + 16, value * 2 ** 16);
        if (x >= value * 2 ** 8) (position, value) = (position + 8, value * 2 ** 8);
        if (x >= value * 2 ** 4) (position, value) = (position + 4, value * 2 ** 4);
        if (x >= value * 2 ** 2) (position, value) = (position + 2, value * 2 ** 2);
        if (x >= value * 2) (position, value) = (position + 1, value * 2);
    }

    /// @dev Levels above the leaves of a tree of 0 < `count` <= 2^64 leaves, and the leaves that so many levels hold.
    function tree(uint256 count) internal pure returns (uint256 levels, uint256 capacity) {
        if (count == 1) return (0, 1);
        (levels, capacity) = highestBit(count - 1);
        return (levels + 1, 2 * capacity);
    }
}
