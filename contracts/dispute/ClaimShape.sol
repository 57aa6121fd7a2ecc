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

    /// @dev Reverts unless the first leaf under the place exists on every level that the place has chosen; a place wholly beyond a count is compared with
    /// the empty subtree by a proof, never demanded.
    function requireWithin(Shape memory s, Place place, uint256 leaves) internal pure {
        uint256 d = place.depth();
        uint256 g = place.unwrap();
        require(g > 0, NoSuchPlace(Place.unwrap(place)));
        if (d <= s.shardDepth) return _requireFirst(g, d, s.shardDepth, s.shards, place);
        _requireFirst(g >> (d - s.shardDepth), s.shardDepth, s.shardDepth, s.shards, place);
        uint256 inNodes = d - s.shardDepth;
        if (inNodes <= s.nodeDepth) return _requireFirst(g, inNodes, s.nodeDepth, s.nodes, place);
        _requireFirst(g >> (inNodes - s.nodeDepth), s.nodeDepth, s.nodeDepth, s.nodes, place);
        uint256 inTensor = inNodes - s.nodeDepth;
        uint256 tensorDepth = ShaTree.depth(leaves);
        require(inTensor <= tensorDepth, NoSuchPlace(Place.unwrap(place)));
        _requireFirst(g, inTensor, tensorDepth, leaves, place);
    }

    /// @dev Levels that the answer to a demand at this place spans: up to 7, ending at the next border between two trees; 0 at a leaf.
    function span(Shape memory s, Place place, uint256 leaves) internal pure returns (uint256) {
        uint256 d = place.depth();
        uint256 top = tensorTop(s);
        uint256 border =
            d < s.shardDepth
                ? s.shardDepth
                : d < top
                    ? top
                    : top + ShaTree.depth(leaves);
        return border - d < MAX_SPAN ? border - d : MAX_SPAN;
    }

    /// @dev The last `d` bits of `g` name a hash of a tree of depth `full` that an answer ends at, and the leftmost leaf below it is one of `count`.
    /// Only those are demanded: what lies between is computed from them, and a descent has as many steps as it needs and no more.
    function _requireFirst(uint256 g, uint256 d, uint256 full, uint256 count, Place place) private pure {
        require(d % MAX_SPAN == 0 || d == full, NotAligned(Place.unwrap(place)));
        uint256 index = g & ((1 << d) - 1);
        require(index << (full - d) < count, BeyondCount(Place.unwrap(place)));
    }
}
