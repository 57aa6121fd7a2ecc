// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A second implementation of the hash trees, without assembly
/// @notice For differential tests of ShaTree, Children and Place: written from the definition of the tree, with checked
/// arithmetic and arrays in memory, and sharing no code with them. It computes more than it needs and is never deployed.
library TreeModel {
    error Refused();

    uint256 private constant _CHUNK = 1024;

    /// @dev Levels above the leaves of the smallest full tree that holds `count` leaves.
    function depth(uint256 count) internal pure returns (uint256 levels) {
        while (levels < 256 && (uint256(1) << levels) < count) ++levels;
    }

    /// @dev Levels between the root, which is place 1, and a place; 0 also for no place.
    function placeDepth(uint256 place) internal pure returns (uint256 levels) {
        for (uint256 start = place; start > 1; start /= 2) ++levels;
    }

    function leafHash(bytes memory chunk) internal pure returns (bytes32) {
        require(chunk.length == _CHUNK, Refused());
        return sha256(abi.encodePacked(uint8(0), chunk));
    }

    function innerHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(1), left, right));
    }

    /// @dev Hash of a subtree of `level` levels none of whose leaves exist.
    function zeroHash(uint256 level) internal pure returns (bytes32) {
        return level == 0 ? bytes32(0) : innerHash(zeroHash(level - 1), zeroHash(level - 1));
    }

    /// @dev Hash of node `index` of a level of the tree over the leaves, from the top down.
    function nodeHash(bytes32[] memory leaves, uint256 level, uint256 index) internal pure returns (bytes32) {
        if (index * 2 ** level >= leaves.length) return zeroHash(level);
        if (level == 0) return leaves[index];
        return innerHash(nodeHash(leaves, level - 1, 2 * index), nodeHash(leaves, level - 1, 2 * index + 1));
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return nodeHash(leaves, depth(leaves.length), 0);
    }

    /// @dev Siblings of the leaves [first, first + n), level by level, the left one before the right one.
    function prove(bytes32[] memory leaves, uint256 first, uint256 n) internal pure returns (bytes32[] memory path) {
        uint256 levels = depth(leaves.length);
        bytes32[] memory siblings = new bytes32[](2 * levels);
        uint256 used;
        (uint256 from, uint256 to) = (first, first + n);
        for (uint256 level = 0; level < levels; ++level) {
            if (from % 2 == 1) {
                --from;
                siblings[used] = nodeHash(leaves, level, from);
                ++used;
            }
            if (to % 2 == 1) {
                siblings[used] = nodeHash(leaves, level, to);
                (to, used) = (to + 1, used + 1);
            }
            (from, to) = (from / 2, to / 2);
        }
        path = new bytes32[](used);
        for (uint256 i = 0; i < used; ++i) path[i] = siblings[i];
    }

    /// @dev Root of a tree of `count` leaves in which the chunks are the leaves from `first` on; as ShaTree.rangeRoot.
    function rangeRoot(
        bytes memory chunks,
        uint256 first,
        uint256 count,
        bytes32[] memory path,
        uint256 used
    ) internal pure returns (bytes32, uint256) {
        require(chunks.length > 0 && chunks.length % _CHUNK == 0, Refused());
        bytes32[] memory row = new bytes32[](chunks.length / _CHUNK);
        require(first < count && row.length <= count - first, Refused());
        for (uint256 i = 0; i < row.length; ++i) row[i] = leafHash(_slice(chunks, i * _CHUNK, _CHUNK));
        return _fold(row, first, depth(count), path, used);
    }

    /// @dev As ShaTree.pathRoot.
    function pathRoot(
        bytes32 hash,
        uint256 index,
        uint256 count,
        bytes32[] memory path,
        uint256 used
    ) internal pure returns (bytes32, uint256) {
        require(index < count, Refused());
        return foldPath(hash, index, depth(count), path, used);
    }

    /// @dev As ShaTree.foldPath.
    function foldPath(
        bytes32 hash,
        uint256 index,
        uint256 levels,
        bytes32[] memory path,
        uint256 used
    ) internal pure returns (bytes32, uint256) {
        require(levels >= 256 || index < 2 ** levels, Refused());
        // Also where no level is left to climb: hashes that are said to be used must be there.
        require(used <= path.length, Refused());
        bytes32[] memory row = new bytes32[](1);
        row[0] = hash;
        return _fold(row, index, levels, path, used);
    }

    /// @dev As Children.root: the root of 2^span hashes.
    function childrenRoot(bytes memory data, uint256 span) internal pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](2 ** span);
        require(data.length == 32 * leaves.length, Refused());
        for (uint256 i = 0; i < leaves.length; ++i) leaves[i] = bytes32(_slice(data, 32 * i, 32));
        return nodeHash(leaves, span, 0);
    }

    /// @dev Halves a row of neighbours level by level; siblings that are missing at its ends come from the path.
    function _fold(
        bytes32[] memory row,
        uint256 first,
        uint256 levels,
        bytes32[] memory path,
        uint256 used
    ) private pure returns (bytes32, uint256) {
        for (uint256 level = 0; level < levels; ++level) {
            bool left = first % 2 == 1;
            bool right = (first + row.length) % 2 == 1;
            bytes32[] memory whole = new bytes32[](row.length + (left ? 1 : 0) + (right ? 1 : 0));
            uint256 shift = left ? 1 : 0;
            if (left) whole[0] = _next(path, used);
            used += shift;
            for (uint256 i = 0; i < row.length; ++i) whole[i + shift] = row[i];
            if (right) {
                whole[whole.length - 1] = _next(path, used);
                ++used;
            }
            row = new bytes32[](whole.length / 2);
            for (uint256 i = 0; i < row.length; ++i) row[i] = innerHash(whole[2 * i], whole[2 * i + 1]);
            first /= 2;
        }
        return (row[0], used);
    }

    function _next(bytes32[] memory path, uint256 index) private pure returns (bytes32) {
        require(index < path.length, Refused());
        return path[index];
    }

    function _slice(bytes memory data, uint256 from, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) part[i] = data[from + i];
    }
}
