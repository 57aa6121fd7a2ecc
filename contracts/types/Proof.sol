// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProgramHeader} from "./ProgramHeader.sol";

/// @notice What is wrong with a proof that proves nothing.
enum ProofFault {
    /// Not the one ABI encoding of a proof of this kind, or bytes behind it.
    Encoding,
    /// There is no proof of this kind.
    Kind,
    /// The header does not hash to the program's root, or has another version.
    Header,
    /// The descriptor does not stand at this node of the program.
    Descriptor,
    /// The program has no such node, or the node is not one that this kind of proof is about.
    Node,
    /// The claim does not cover this shard.
    Shard,
    /// The tensor has no such element, padding byte or missing leaf.
    Position,
    /// Another number of chunks than the step reads.
    Chunks,
    /// More or fewer hashes in a path than the tree's depth asks for.
    Path,
    /// Content and path do not lead to the expected root.
    Root,
    /// More or fewer openings than the step reads.
    Operands,
    /// The descriptor is none that a valid program can contain.
    Invalid
}

/// @notice The proof is malformed or contradicts the roots that it is judged against; it says nothing about the claim.
error BadProof(ProofFault fault);

/// @notice The proof is in order and shows that the claim is right at this place.
error NotWrong();

/// @notice Consecutive whole chunks of one tensor and the hashes from them to a known root.
struct Opening {
    bytes chunks;
    bytes32[] path;
}

/// @notice One element of one node differs from its operator applied to the claim's own values.
/// @dev `operands`: in the order in which the operator reads; see the protocol's §1.2 and §2.
struct StepProof {
    ProgramHeader header;
    bytes descriptor;
    bytes32[] descriptorPath;
    uint32 node;
    /// Flat index of the element.
    uint256 element;
    /// The chunk that holds the claimed element, up to the shard's root.
    Opening claimed;
    Opening[] operands;
}

/// @notice A byte behind the last element of a computed node's tensor is not zero.
struct PaddingProof {
    ProgramHeader header;
    bytes descriptor;
    bytes32[] descriptorPath;
    uint32 node;
    /// Byte position in the tensor, from its length up to the end of its last chunk.
    uint256 position;
    Opening claimed;
}

/// @notice A subtree wholly beyond the leaves that its tree has is not empty.
/// @dev `node` is zero, `descriptor` and its path empty except for a tensor's tree.
struct MissingLeafProof {
    ProgramHeader header;
    bytes descriptor;
    bytes32[] descriptorPath;
    uint32 node;
    /// One of `LeafTree`.
    uint8 tree;
    /// Levels above the tree's leaves, and position on that level.
    uint8 level;
    uint256 index;
    bytes32 hash;
    bytes32[] path;
}

/// @notice An input or constant node has another root in the claim than job or program fix for it.
struct FixedRootProof {
    ProgramHeader header;
    bytes descriptor;
    bytes32[] descriptorPath;
    uint32 node;
    bytes32 claimedRoot;
    bytes32[] claimedPath;
    /// The slot's root under the job's inputs root; for a constant zero, and its path empty.
    bytes32 fixedRoot;
    bytes32[] fixedPath;
}
