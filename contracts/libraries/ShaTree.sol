// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BadProof, ProofFault} from "../types/Proof.sol";

/// @notice Trees of SHA-256 with domain bytes: leaves, ranges of chunks, paths.
/// @dev Works in free memory and leaves none of it in use. A path is read from `used` on; both functions that consume
/// hashes revert if it ends early, and give the number used so far, so that only the caller can accept a rest.
library ShaTree {
    /// @notice The SHA-256 precompile did not answer: too little gas, or a chain without it.
    error ShaUnavailable();

    uint256 internal constant CHUNK = 1024;
    uint256 internal constant LEAF_DOMAIN = 0x00;
    uint256 internal constant INNER_DOMAIN = 0x01;
    uint256 internal constant HEADER_DOMAIN = 0x02;
    uint256 internal constant DESCRIPTOR_DOMAIN = 0x03;

    /// @dev SHA-256 of the domain byte and `length` bytes of calldata.
    function digest(uint256 domain, uint256 offset, uint256 length) internal view returns (bytes32 hash) {
        uint256 ok;
        assembly ("memory-safe") {
            let message := mload(0x40)
            mstore8(message, domain)
            calldatacopy(add(message, 1), offset, length)
            // A starved call leaves its output untouched, so success alone is not trusted (arguments run right to left).
            ok := and(eq(returndatasize(), 32), staticcall(gas(), 2, message, add(length, 1), 0, 32))
            hash := mload(0)
        }
        if (ok == 0) revert ShaUnavailable();
    }

    /// @dev Leaf of one whole chunk of 1,024 bytes.
    function leafHash(bytes calldata chunk) internal view returns (bytes32) {
        require(chunk.length == CHUNK, BadProof(ProofFault.Chunks));
        uint256 offset;
        assembly ("memory-safe") {
            offset := chunk.offset
        }
        return digest(LEAF_DOMAIN, offset, CHUNK);
    }

    function innerHash(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        uint256 ok;
        assembly ("memory-safe") {
            let pair := mload(0x40)
            mstore8(pair, INNER_DOMAIN)
            mstore(add(pair, 1), left)
            mstore(add(pair, 33), right)
            ok := and(eq(returndatasize(), 32), staticcall(gas(), 2, pair, 65, 0, 32))
            hash := mload(0)
        }
        if (ok == 0) revert ShaUnavailable();
    }

    /// @dev Levels above the leaves of a tree of `count` ≥ 1 leaves.
    function depth(uint256 count) internal pure returns (uint256 levels) {
        assembly ("memory-safe") {
            // Position of the highest bit of the last leaf's index, by halves; one more for that bit itself.
            let last := sub(count, 1)
            levels := shl(7, lt(0xffffffffffffffffffffffffffffffff, last))
            levels := or(levels, shl(6, lt(0xffffffffffffffff, shr(levels, last))))
            levels := or(levels, shl(5, lt(0xffffffff, shr(levels, last))))
            levels := or(levels, shl(4, lt(0xffff, shr(levels, last))))
            levels := or(levels, shl(3, lt(0xff, shr(levels, last))))
            levels := or(levels, shl(2, lt(0xf, shr(levels, last))))
            levels := or(levels, shl(1, lt(0x3, shr(levels, last))))
            levels := or(levels, lt(0x1, shr(levels, last)))
            levels := add(levels, iszero(iszero(last)))
        }
    }

    /// @dev Hash of a subtree of `level` levels without leaves.
    function zeroHash(uint256 level) internal view returns (bytes32 hash) {
        for (uint256 i = 0; i < level; ++i) hash = innerHash(hash, hash);
    }

    /// @dev Root of a tree of `count` leaves in which `chunks` (whole ones) stand from leaf `first` on.
    function rangeRoot(
        bytes calldata chunks,
        uint256 first,
        uint256 count,
        bytes32[] calldata path,
        uint256 used
    ) internal view returns (bytes32 root, uint256) {
        uint256 n = chunks.length / CHUNK;
        require(n != 0 && chunks.length % CHUNK == 0, BadProof(ProofFault.Chunks));
        require(first < count && n <= count - first, BadProof(ProofFault.Position));
        uint256 levels = depth(count);
        if (n == 1) {
            root = leafHash(chunks);
        } else {
            uint256 leaves = _hashLeaves(chunks, n, levels);
            (root, first, levels, used) = _foldRange(leaves, first, n, levels, path, used);
        }
        return foldPath(root, first, levels, path, used);
    }

    /// @dev Root of a tree of `count` leaves in which `hash` is leaf `index`.
    function pathRoot(
        bytes32 hash,
        uint256 index,
        uint256 count,
        bytes32[] calldata path,
        uint256 used
    ) internal view returns (bytes32, uint256) {
        require(index < count, BadProof(ProofFault.Position));
        return foldPath(hash, index, depth(count), path, used);
    }

    /// @dev Hash `levels` levels above `hash`, which stands at `index` of its own level.
    function foldPath(
        bytes32 hash,
        uint256 index,
        uint256 levels,
        bytes32[] calldata path,
        uint256 used
    ) internal view returns (bytes32 root, uint256) {
        require(index >> levels == 0, BadProof(ProofFault.Position));
        // INVARIANT: used + levels cannot overflow, both count levels of trees (< 2^9).
        require(used + levels <= path.length, BadProof(ProofFault.Path));
        uint256 ok = 1;
        assembly ("memory-safe") {
            let pair := add(mload(0x40), 1)
            mstore8(sub(pair, 1), INNER_DOMAIN)
            let cursor := add(path.offset, shl(5, used))
            // The running hash stands where its own bit of the index puts it, its sibling in the other half.
            mstore(add(pair, shl(5, and(index, 1))), hash)
            for {
                let end := add(cursor, shl(5, levels))
            } lt(cursor, end) {
                cursor := add(cursor, 32)
            } {
                mstore(add(pair, shl(5, iszero(and(index, 1)))), calldataload(cursor))
                index := shr(1, index)
                let into := add(pair, shl(5, and(index, 1)))
                ok := and(and(eq(returndatasize(), 32), staticcall(gas(), 2, sub(pair, 1), 65, into, 32)), ok)
            }
            root := mload(add(pair, shl(5, and(index, 1))))
        }
        if (ok == 0) revert ShaUnavailable();
        return (root, used + levels);
    }

    /// @dev Hashes the chunks to leaves in free memory; in front of them is room for one sibling a level and a domain byte.
    function _hashLeaves(bytes calldata chunks, uint256 n, uint256 levels) private view returns (uint256 leaves) {
        uint256 ok = 1;
        assembly ("memory-safe") {
            leaves := add(mload(0x40), shl(5, add(levels, 1)))
            // The message stands behind the leaves and the one sibling that can follow them.
            let message := add(leaves, shl(5, add(n, 1)))
            mstore8(message, LEAF_DOMAIN)
            let cursor := chunks.offset
            for {
                let i := 0
            } lt(i, n) {
                i := add(i, 1)
            } {
                calldatacopy(add(message, 1), cursor, CHUNK)
                cursor := add(cursor, CHUNK)
                let into := add(leaves, shl(5, i))
                ok := and(and(eq(returndatasize(), 32), staticcall(gas(), 2, message, 1025, into, 32)), ok)
            }
        }
        if (ok == 0) revert ShaUnavailable();
    }

    /// @dev Folds `n` > 1 hashes at memory `cursor`, the first of them at position `first` of its level, until one is left:
    /// gives it, its position, and the levels and used hashes at that point. A path that ends early is found by the caller.
    function _foldRange(
        uint256 cursor,
        uint256 first,
        uint256 n,
        uint256 levels,
        bytes32[] calldata path,
        uint256 used
    ) private view returns (bytes32 root, uint256, uint256, uint256) {
        uint256 ok = 1;
        assembly ("memory-safe") {
            let sibling := add(path.offset, shl(5, used))
            for {} gt(n, 1) {
                levels := sub(levels, 1)
            } {
                if and(first, 1) {
                    cursor := sub(cursor, 32)
                    mstore(cursor, calldataload(sibling))
                    sibling := add(sibling, 32)
                    n := add(n, 1)
                }
                first := shr(1, first)
                // The range now starts at an even position: it ends at an even one if its length is odd.
                if and(n, 1) {
                    mstore(add(cursor, shl(5, n)), calldataload(sibling))
                    sibling := add(sibling, 32)
                    n := add(n, 1)
                }
                n := shr(1, n)
                // Pair i is read at 64·i behind a domain byte, which falls into a hash already used, and goes to 32·i.
                for {
                    let i := 0
                } lt(i, n) {
                    i := add(i, 1)
                } {
                    let pair := sub(add(cursor, shl(6, i)), 1)
                    mstore8(pair, INNER_DOMAIN)
                    let into := add(cursor, shl(5, i))
                    ok := and(and(eq(returndatasize(), 32), staticcall(gas(), 2, pair, 65, into, 32)), ok)
                }
            }
            root := mload(cursor)
            used := shr(5, sub(sibling, path.offset))
        }
        if (ok == 0) revert ShaUnavailable();
        return (root, first, levels, used);
    }
}
