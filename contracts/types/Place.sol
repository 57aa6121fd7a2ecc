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
        assembly ("memory-safe") {
            // Position of the highest bit, by halves.
            d := shl(5, lt(0xffffffff, p))
            d := or(d, shl(4, lt(0xffff, shr(d, p))))
            d := or(d, shl(3, lt(0xff, shr(d, p))))
            d := or(d, shl(2, lt(0xf, shr(d, p))))
            d := or(d, shl(1, lt(0x3, shr(d, p))))
            d := or(d, lt(0x1, shr(d, p)))
        }
    }
}
