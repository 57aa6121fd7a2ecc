// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {Place} from "../types/Place.sol";

/// @notice How deep the three stacked trees of a claim are.
struct Shape {
    uint256 shards;
    uint256 nodes;
    uint256 shardDepth;
    uint256 nodeDepth;
}

/// @title Places of a claim: which exist, and how far an answer reaches
library ClaimShape {
    error NoSuchPlace(uint64 place);
    error BeyondCount(uint64 place);
    error NotAligned(uint64 place);

    /// @dev Longest answer: 2^7 hashes.
    uint256 internal constant MAX_SPAN = 7;

    function shapeOf(ClaimFacts calldata facts, uint32 nodeCount) internal pure returns (Shape memory s) {
        s.shards = facts.to - facts.from;
        s.nodes = nodeCount;
        s.shardDepth = ShaTree.depth(s.shards);
        s.nodeDepth = ShaTree.depth(s.nodes);
    }

    /// @dev Depth at which tensors begin.
    function tensorTop(Shape memory s) internal pure returns (uint256) {
        return s.shardDepth + s.nodeDepth;
    }

    /// @dev Node index of a place at or below `tensorTop`.
    function nodeOf(Shape memory s, Place place) internal pure returns (uint256) {
        uint256 below = place.depth() - tensorTop(s);
        return (place.unwrap() >> below) & ((1 << s.nodeDepth) - 1);
    }

    /// @dev Shard of a place at or below a shard's root, relative to the claim.
    function shardOf(Shape memory s, Place place) internal pure returns (uint256) {
        return (place.unwrap() >> (place.depth() - s.shardDepth)) & ((1 << s.shardDepth) - 1);
    }

    /// @dev Levels that the answer to a demand at this place spans: up to 7, ending at the next border between two trees; 0 at a chunk. Reverts unless the
    /// place is one that an answer ends at and the first leaf under it exists on every level that it has chosen: a place wholly beyond a count is
    /// compared with the empty subtree by a proof, never demanded. `leaves` counts for places at or below `tensorTop`.
    function requireSpan(Shape memory s, Place place, uint256 leaves) internal pure returns (uint256) {
        uint256 g = place.unwrap();
        require(g > 0, NoSuchPlace(Place.unwrap(place)));
        uint256 d = place.depth();
        uint256 full = s.shardDepth;
        if (d < full) return _spanIn(g, d, full, s.shards, place);
        // No underflow: d >= full; the same below.
        unchecked {
            d -= full;
        }
        _requireFirst(g >> d, full, full, s.shards, place);
        full = s.nodeDepth;
        if (d < full) return _spanIn(g, d, full, s.nodes, place);
        unchecked {
            d -= full;
        }
        _requireFirst(g >> d, full, full, s.nodes, place);
        full = ShaTree.depth(leaves);
        require(d <= full, NoSuchPlace(Place.unwrap(place)));
        return _spanIn(g, d, full, leaves, place);
    }

    /// @dev Levels from `d` to the end of the answer in one tree of depth `full` >= d. Only where answers end is demanded: what lies between is computed
    /// from them, and a descent has as many steps as it needs and no more.
    function _spanIn(uint256 g, uint256 d, uint256 full, uint256 count, Place place) private pure returns (uint256) {
        require(d % MAX_SPAN == 0 || d == full, NotAligned(Place.unwrap(place)));
        _requireFirst(g, d, full, count, place);
        unchecked {
            return full - d < MAX_SPAN ? full - d : MAX_SPAN;
        }
    }

    /// @dev The last `d` bits of `g` name a hash of a tree of depth `full` >= d; the leftmost leaf below it is one of `count`.
    function _requireFirst(uint256 g, uint256 d, uint256 full, uint256 count, Place place) private pure {
        unchecked {
            require((g & ((1 << d) - 1)) << (full - d) < count, BeyondCount(Place.unwrap(place)));
        }
    }
}
