// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A place in a claim's tree as a generalised index: the root is 1, the children of g are 2g and 2g + 1. The bits below the leading one
/// choose, from the top, a shard of the claim, a node of the program and a chunk of the node's tensor.
type Place is uint64;

using PlaceLib for Place global;

library PlaceLib {
    function unwrap(Place p) internal pure returns (uint256) {
        return Place.unwrap(p);
    }

    /// @dev Levels below the root; zero for the root. Reverts never: the zero place has depth 0 and is refused by its users.
    function depth(Place p) internal pure returns (uint256 d) {
        uint256 g = Place.unwrap(p);
        for (uint256 step = 32; step > 0; step >>= 1) {
            if (g >> step > 0) {
                g >>= step;
                d += step;
            }
        }
    }
}
