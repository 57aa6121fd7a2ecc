// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepthModel} from "../../contracts/mocks/models/DepthModel.sol";

/// @notice Depths of trees and places.
contract DepthProperties {
    function place(uint64 p) external pure {
        require(p > 0);
        (uint256 depth, uint256 first) = DepthModel.highestBit(p);
        // PROPERTY: a place of 64 bits lies at most 63 levels below the root
        assert(depth <= 63);
        // PROPERTY: a place does not lie before the first one of its level
        assert(first <= p);
        // PROPERTY: a place lies before the first one of the next level
        assert(p < 2 * first);
    }

    function tree(uint256 count) external pure {
        require(count > 0 && count <= 2 ** 64);
        (uint256 levels, uint256 capacity) = DepthModel.tree(count);
        // PROPERTY: a tree of at most 2^64 leaves has at most 64 levels
        assert(levels <= 64);
        // PROPERTY: a tree holds its leaves
        assert(capacity >= count);
        // PROPERTY: a tree of one level less would not hold its leaves
        assert(count == 1 || capacity / 2 < count);
    }
}
