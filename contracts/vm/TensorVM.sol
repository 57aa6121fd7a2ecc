// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITensorVM} from "../interfaces/ITensorVM.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {DType} from "../types/DType.sol";
import {Op} from "../types/Op.sol";
import {Source} from "../types/Source.sol";
import {Descriptor} from "../types/Program.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {LeafTree} from "../types/LeafTree.sol";
import {ProofKind} from "../types/ProofKind.sol";
import {
    BadProof,
    FixedRootProof,
    MissingLeafProof,
    NotWrong,
    Opening,
    PaddingProof,
    ProofFault,
    StepProof
} from "../types/Proof.sol";
import {Lanes} from "./Lanes.sol";
import {Openings, Step} from "./Openings.sol";
import {Operators} from "./Operators.sol";
import {Proofs} from "./Proofs.sol";

/// @title TensorVM
/// @notice Recomputes one element of one node from values of the same trace, and judges the other local properties of a
/// trace: padding, missing leaves, roots of inputs and constants; and missing leaves of a claim's tree over shards.
contract TensorVM is ITensorVM {
    using Openings for Step;

    /// @inheritdoc ITensorVM
    function judge(
        ClaimFacts calldata facts,
        uint32 shard,
        bytes32 shardRoot,
        uint8 kind,
        bytes calldata proof
    ) external view returns (uint32 node, uint256 position, int256 claimed, int256 actual) {
        Step memory s = _claim(facts, shard, shardRoot);
        if (kind == ProofKind.STEP) {
            _requireCovered(s);
            (node, position, claimed, actual) = _judgeStep(s, Proofs.step(proof));
        } else if (kind == ProofKind.PADDING) {
            _requireCovered(s);
            (node, position, claimed) = _judgePadding(s, Proofs.padding(proof));
        } else if (kind == ProofKind.MISSING_LEAF) {
            (node, position, claimed, actual) = _judgeMissingLeaf(s, Proofs.missingLeaf(proof));
        } else {
            require(kind == ProofKind.FIXED_ROOT, BadProof(ProofFault.Kind));
            _requireCovered(s);
            (node, claimed, actual) = _judgeFixedRoot(s, Proofs.fixedRoot(proof));
        }
        if (claimed == actual) revert NotWrong();
    }

    function _judgeStep(
        Step memory s,
        StepProof calldata p
    ) private view returns (uint32 node, uint256 position, int256 claimed, int256 actual) {
        (node, position) = (p.node, p.element);
        _enterNode(s, p.header, p.descriptor, p.descriptorPath, node);
        Descriptor d = s.descriptor;
        require(position < d.elements(), BadProof(ProofFault.Position));
        uint256 dtype = d.dtype();
        uint256 start = position * _width(dtype);
        uint256 chunk = s.openClaimed(p.claimed, node, start / ShaTree.CHUNK);
        claimed = Lanes.read(chunk + (start % ShaTree.CHUNK), dtype);
        Opening[] calldata operands = p.operands;
        uint256 openings;
        assembly ("memory-safe") {
            openings := operands.offset
        }
        (s.openings, s.openingCount) = (openings, operands.length);
        actual = Operators.element(s, position);
        s.requireAllUsed();
    }

    function _judgePadding(
        Step memory s,
        PaddingProof calldata p
    ) private view returns (uint32 node, uint256 position, int256 claimed) {
        (node, position) = (p.node, p.position);
        _enterNode(s, p.header, p.descriptor, p.descriptorPath, node);
        _requireComputed(s.descriptor);
        uint256 length = s.descriptor.byteLength();
        uint256 end = ProgramProof.chunksOf(length) * ShaTree.CHUNK;
        require(position >= length && position < end, BadProof(ProofFault.Position));
        uint256 chunk = s.openClaimed(p.claimed, node, position / ShaTree.CHUNK);
        claimed = Lanes.read(chunk + (position % ShaTree.CHUNK), DType.U8);
    }

    function _judgeMissingLeaf(
        Step memory s,
        MissingLeafProof calldata p
    ) private view returns (uint32 node, uint256 position, int256 claimed, int256 actual) {
        (node, position) = (p.node, p.index);
        require(p.tree <= LeafTree.CHUNKS, BadProof(ProofFault.Kind));
        if (p.tree == LeafTree.SHARDS) {
            require(s.shard == 0 && s.shardRoot == 0, BadProof(ProofFault.Shard));
        } else {
            _requireCovered(s);
        }
        if (p.tree == LeafTree.CHUNKS) {
            _enterNode(s, p.header, p.descriptor, p.descriptorPath, node);
            _requireComputed(s.descriptor);
        } else {
            _enterProgram(s, p.header);
            bool none = p.descriptor.length == 0 && p.descriptorPath.length == 0;
            require(none, BadProof(ProofFault.Descriptor));
            require(node == 0, BadProof(ProofFault.Node));
        }
        _requireBeyond(s, p);
        claimed = int256(uint256(p.hash));
        actual = int256(uint256(ShaTree.zeroHash(p.level)));
    }

    /// @dev Reverts unless the subtree is part of the claim or the trace and wholly beyond the leaves of its tree.
    function _requireBeyond(Step memory s, MissingLeafProof calldata p) private view {
        (uint256 count, bytes32 expected) = (s.nodeCount, s.shardRoot);
        if (p.tree == LeafTree.SHARDS) (count, expected) = (s.claimShards, s.outputsRoot);
        if (p.tree == LeafTree.CHUNKS) count = ProgramProof.chunkCount(s.descriptor);
        uint256 levels = ShaTree.depth(count);
        // What the shift loses of an absurd index, `foldPath` refuses.
        bool beyond = p.level <= levels && (p.index << p.level) >= count;
        require(beyond, BadProof(ProofFault.Position));
        (bytes32 root, uint256 used) = ShaTree.foldPath(p.hash, p.index, levels - p.level, p.path, 0);
        if (p.tree == LeafTree.CHUNKS) (root, used) = s.toShard(root, p.node, p.path, used);
        Openings.requireRoot(root, expected, used, p.path);
    }

    function _judgeFixedRoot(
        Step memory s,
        FixedRootProof calldata p
    ) private view returns (uint32 node, int256 claimed, int256 actual) {
        node = p.node;
        _enterNode(s, p.header, p.descriptor, p.descriptorPath, node);
        (bytes32 root, uint256 used) = s.toShard(p.claimedRoot, node, p.claimedPath, 0);
        Openings.requireRoot(root, s.shardRoot, used, p.claimedPath);
        claimed = int256(uint256(p.claimedRoot));
        actual = int256(uint256(_fixedRoot(s, p)));
    }

    /// @dev The root that program or job fix for a constant or an input node.
    function _fixedRoot(Step memory s, FixedRootProof calldata p) private view returns (bytes32) {
        Descriptor d = s.descriptor;
        if (d.op() == Op.CONSTANT) {
            require(p.fixedRoot == 0 && p.fixedPath.length == 0, BadProof(ProofFault.Path));
            return d.root();
        }
        require(d.op() == Op.INPUT, BadProof(ProofFault.Node));
        uint256 source = d.attr(0) == 0 ? Source.SHARED : Source.SHARD;
        (bytes32 root, uint256 used) = s.toInputs(p.fixedRoot, source, uint256(d.attr(1)), p.fixedPath, 0);
        Openings.requireRoot(root, s.inputsRoot, used, p.fixedPath);
        return p.fixedRoot;
    }

    /// @dev A step of the claim whose program, node and shard are yet to be checked.
    function _claim(ClaimFacts calldata facts, uint256 shard, bytes32 shardRoot) private pure returns (Step memory s) {
        (s.programRoot, s.inputsRoot, s.outputsRoot) = (facts.programRoot, facts.inputsRoot, facts.outputsRoot);
        (s.jobShards, s.claimShards) = (facts.shards, facts.to - facts.from);
        (s.shard, s.shardRoot, s.covered) = (shard, shardRoot, shard >= facts.from && shard < facts.to);
    }

    function _requireCovered(Step memory s) private pure {
        require(s.covered, BadProof(ProofFault.Shard));
    }

    function _enterProgram(Step memory s, ProgramHeader calldata header) private view {
        ProgramProof.requireHeader(header, s.programRoot);
        (s.nodeCount, s.sharedSlots, s.shardSlots) = (header.nodeCount, header.sharedSlots, header.shardSlots);
    }

    function _enterNode(
        Step memory s,
        ProgramHeader calldata header,
        bytes calldata descriptor,
        bytes32[] calldata path,
        uint256 node
    ) private view {
        _enterProgram(s, header);
        s.descriptor = ProgramProof.requireDescriptor(header, descriptor, path, node);
    }

    /// @dev Padding and missing leaves of inputs and constants belong to those who fixed their roots.
    function _requireComputed(Descriptor d) private pure {
        require(d.op() != Op.INPUT && d.op() != Op.CONSTANT, BadProof(ProofFault.Node));
    }

    function _width(uint256 dtype) private pure returns (uint256 width) {
        width = DType.width(dtype);
        require(width != 0, BadProof(ProofFault.Invalid));
    }
}
