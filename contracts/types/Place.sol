// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A place in one of a claim's trees as a generalised index: the root is 1, the children of g are 2g and 2g + 1.
/// Bit 63 marks the outputs tree (shards, then the outputs of a shard, then chunks of a tensor); without it the bits below the leading one choose, from the top, a
/// shard of the claim, a node of the program and a chunk of the node's tensor. Bit 62 marks the demand for the trace of the shard at that place. Bits 52 to 61 are zero.
type Place is uint64;

using PlaceLib for Place global;

library PlaceLib {
    uint256 internal constant OUTPUTS = 1 << 63;
    uint256 internal constant TRACE = 1 << 62;
    /// @dev Bits of a generalised index; those above it are marks.
    uint256 internal constant INDEX_BITS = 52;
    uint256 private constant _INDEX = (1 << INDEX_BITS) - 1;

    /// @dev Cast: every place has 64 bits.
    function wrap(uint256 p) internal pure returns (Place) {
        return Place.wrap(uint64(p));
    }

    function unwrap(Place p) internal pure returns (uint256) {
        return Place.unwrap(p);
    }

    /// @dev The generalised index without its marks.
    function index(Place p) internal pure returns (uint256) {
        return Place.unwrap(p) & _INDEX;
    }

    /// @dev Whether it lies in the outputs tree.
    function inOutputs(Place p) internal pure returns (bool) {
        return Place.unwrap(p) & OUTPUTS != 0;
    }

    /// @dev Whether no bit is set that has no meaning.
    function isCanonical(Place p) internal pure returns (bool) {
        return Place.unwrap(p) & ~(OUTPUTS | TRACE | _INDEX) == 0;
    }

    /// @dev Levels below the root, marks left aside; zero for the root. Reverts never: the zero index has depth 0 and is refused by its users.
    function depth(Place p) internal pure returns (uint256 d) {
        assembly ("memory-safe") {
            p := and(p, 0xfffffffffffff)
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
