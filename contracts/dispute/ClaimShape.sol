// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {Place, PlaceLib} from "../types/Place.sol";

/// @notice How deep the stacked trees of a claim's traces are.
struct Shape {
    uint256 shards;
    uint256 nodes;
    uint256 shardDepth;
    uint256 nodeDepth;
}

using {ClaimShape.traceSpan, ClaimShape.tensorTop, ClaimShape.nodeOf, ClaimShape.requireSpan} for Shape global;

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

    /// @dev Where a shard's trace hangs: the place of its leaf among the outputs, without the mark of that tree.
    function shardPlace(ClaimFacts calldata facts, uint32 shard) internal pure returns (Place) {
        return PlaceLib.wrap((1 << ShaTree.depth(facts.to - facts.from)) | (shard - facts.from));
    }

    /// @dev Shard, relative to the claim, whose leaf among the outputs stands at this place; reverts unless there is one.
    function requireShard(Place place, uint256 shards) internal pure returns (uint32) {
        uint256 depth = ShaTree.depth(shards);
        require(place.inOutputs() && place.index() > 0 && place.depth() == depth, NoSuchPlace(Place.unwrap(place)));
        uint256 shard = place.index() - (1 << depth);
        require(shard < shards, BeyondCount(Place.unwrap(place)));
        // Cast: below 1,024.
        return uint32(shard);
    }

    /// @dev Levels that the answer to a demand of hashes of the outputs tree spans: up to 7, ending at the shards' leaves, which are demanded as traces and as outputs.
    function requireOutputsSpan(Place place, uint256 shards) internal pure returns (uint256) {
        uint256 full = ShaTree.depth(shards);
        uint256 d = place.depth();
        require(d < full, NoSuchPlace(Place.unwrap(place)));
        return _spanIn(place.index(), d, full, shards, place);
    }

    /// @dev Whether the first is a place of a trace below the root of the shard that the second, which an answer was demanded at, lies in.
    function sameShard(Place place, Place other, uint256 shards) internal pure returns (bool) {
        uint256 depth = ShaTree.depth(shards);
        bool inTrace = Place.unwrap(other) >> PlaceLib.INDEX_BITS == 0 && other.depth() > depth;
        return inTrace && place.index() >> (place.depth() - depth) == other.index() >> (other.depth() - depth);
    }

    /// @dev Levels of a shard's trace that its answer shows.
    function traceSpan(Shape memory s) internal pure returns (uint256) {
        return s.nodeDepth < MAX_SPAN ? s.nodeDepth : MAX_SPAN;
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
