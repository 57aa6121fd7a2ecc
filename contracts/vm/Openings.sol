// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {DType} from "../types/DType.sol";
import {Source} from "../types/Source.sol";
import {Descriptor} from "../types/Program.sol";
import {BadProof, Opening, ProofFault} from "../types/Proof.sol";

/// @notice One node of one shard's trace: what its openings are checked against, and how many were taken.
struct Step {
    Descriptor descriptor;
    /// Root of the shard's trace.
    bytes32 shardRoot;
    bytes32 programRoot;
    bytes32 inputsRoot;
    bytes32 outputsRoot;
    uint256 nodeCount;
    uint256 sharedSlots;
    uint256 shardSlots;
    /// Shards of the whole job.
    uint256 jobShards;
    uint256 claimShards;
    /// Absolute index of the shard, and whether the claim covers it.
    uint256 shard;
    bool covered;
    /// Where the operands' openings stand in calldata, their number, and the next one.
    uint256 openings;
    uint256 openingCount;
    uint256 next;
}

/// @notice Takes openings in the order in which an operator reads, and gives the positions in calldata of what it reads.
library Openings {
    uint256 private constant CHUNK = ShaTree.CHUNK;

    /// @dev Opens the elements [first, first + count) of an operand; gives the position of the first one.
    function open(Step memory s, uint256 operand, uint256 first, uint256 count) internal view returns (uint256) {
        (uint256 start, uint256 end) = _bytes(s.descriptor, operand, first, count);
        return _openChunks(s, operand, start / CHUNK, (end - 1) / CHUNK) + (start % CHUNK);
    }

    /// @dev Opens `rows` runs of `count` elements, `pitch` elements apart from `first` on, and gives the position of each.
    /// Neighbours whose chunks overlap or adjoin share one opening.
    function openRows(
        Step memory s,
        uint256 operand,
        uint256 first,
        uint256 pitch,
        uint256 rows,
        uint256 count
    ) internal view returns (uint256[] memory positions) {
        positions = new uint256[](rows);
        for (uint256 row = 0; row < rows;) {
            (uint256 start, uint256 end) = _bytes(s.descriptor, operand, first + row * pitch, count);
            uint256 from = row;
            for (; row < rows; ++row) {
                (uint256 rowStart, uint256 rowEnd) = _bytes(s.descriptor, operand, first + row * pitch, count);
                if (rowStart / CHUNK > (end - 1) / CHUNK + 1) break;
                (positions[row], end) = (rowStart - (start - (start % CHUNK)), rowEnd);
            }
            uint256 base = _openChunks(s, operand, start / CHUNK, (end - 1) / CHUNK);
            for (; from < row; ++from) positions[from] += base;
        }
    }

    /// @dev Opens one chunk of the output tensor of the step's node `node` in the trace; gives the chunk's position.
    function openClaimed(
        Step memory s,
        Opening calldata opening,
        uint256 node,
        uint256 chunk
    ) internal view returns (uint256) {
        require(opening.chunks.length == CHUNK, BadProof(ProofFault.Chunks));
        uint256 count = ProgramProof.chunkCount(s.descriptor);
        (bytes32 root, uint256 used) = ShaTree.rangeRoot(opening.chunks, chunk, count, opening.path, 0);
        (root, used) = toShard(s, root, node, opening.path, used);
        requireRoot(root, s.shardRoot, used, opening.path);
        return _position(opening.chunks);
    }

    /// @dev From the tensor root of a node to the root of the shard's trace.
    function toShard(
        Step memory s,
        bytes32 root,
        uint256 node,
        bytes32[] calldata path,
        uint256 used
    ) internal view returns (bytes32, uint256) {
        return ShaTree.pathRoot(root, node, s.nodeCount, path, used);
    }

    /// @dev From the tensor root of a slot to the job's inputs root.
    function toInputs(
        Step memory s,
        bytes32 root,
        uint256 source,
        uint256 slot,
        bytes32[] calldata path,
        uint256 used
    ) internal view returns (bytes32, uint256) {
        uint256 index = source == Source.SHARED ? slot : s.sharedSlots + s.shard * s.shardSlots + slot;
        return ShaTree.pathRoot(root, index, s.sharedSlots + s.jobShards * s.shardSlots, path, used);
    }

    /// @dev Reverts unless the path was used up and led to the expected root.
    function requireRoot(bytes32 root, bytes32 expected, uint256 used, bytes32[] calldata path) internal pure {
        require(used == path.length, BadProof(ProofFault.Path));
        require(root == expected, BadProof(ProofFault.Root));
    }

    /// @dev Reverts unless every opening of the proof was needed.
    function requireAllUsed(Step memory s) internal pure {
        require(s.next == s.openingCount, BadProof(ProofFault.Operands));
    }

    function _openChunks(
        Step memory s,
        uint256 operand,
        uint256 firstChunk,
        uint256 lastChunk
    ) private view returns (uint256) {
        Opening calldata opening = _take(s);
        require(opening.chunks.length == (lastChunk - firstChunk + 1) * CHUNK, BadProof(ProofFault.Chunks));
        Descriptor d = s.descriptor;
        uint256 count = ProgramProof.chunksOf(d.elements(operand) * DType.width(d.dtype(operand)));
        (bytes32 root, uint256 used) = ShaTree.rangeRoot(opening.chunks, firstChunk, count, opening.path, 0);
        _requireSource(s, operand, root, opening.path, used);
        return _position(opening.chunks);
    }

    /// @dev Reverts unless the tensor root of an operand is the one that its source fixes.
    function _requireSource(
        Step memory s,
        uint256 operand,
        bytes32 root,
        bytes32[] calldata path,
        uint256 used
    ) private view {
        Descriptor d = s.descriptor;
        uint256 source = d.source(operand);
        bytes32 expected;
        if (source == Source.COMPUTED) {
            (root, used) = toShard(s, root, d.node(operand), path, used);
            expected = s.shardRoot;
        } else if (source == Source.CONSTANT) {
            expected = d.root(operand);
        } else {
            require(source == Source.SHARED || source == Source.SHARD, BadProof(ProofFault.Invalid));
            (root, used) = toInputs(s, root, source, d.slot(operand), path, used);
            expected = s.inputsRoot;
        }
        requireRoot(root, expected, used, path);
    }

    function _take(Step memory s) private pure returns (Opening calldata opening) {
        uint256 next = s.next;
        require(next < s.openingCount, BadProof(ProofFault.Operands));
        s.next = next + 1;
        uint256 start = s.openings;
        // INVARIANT: `Proofs` checked that the offsets point at the openings of the proof, one behind another.
        assembly ("memory-safe") {
            opening := add(start, calldataload(add(start, shl(5, next))))
        }
    }

    /// @dev First byte and end of the elements [first, first + count) of an operand, which must lie inside it.
    function _bytes(
        Descriptor d,
        uint256 operand,
        uint256 first,
        uint256 count
    ) private pure returns (uint256, uint256) {
        uint256 size = d.elements(operand);
        uint256 width = DType.width(d.dtype(operand));
        bool inside = count != 0 && first < size && count <= size - first && width != 0;
        require(inside, BadProof(ProofFault.Invalid));
        unchecked {
            return (first * width, (first + count) * width); // below 2^130
        }
    }

    function _position(bytes calldata chunks) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := chunks.offset
        }
    }
}
