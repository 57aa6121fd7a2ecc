// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITensorVM} from "../interfaces/ITensorVM.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {DType} from "../types/DType.sol";
import {Op} from "../types/Op.sol";
import {Source} from "../types/Source.sol";
import {Descriptor, ProgramHeader} from "../types/Program.sol";
import {ClaimTree} from "../types/ClaimTree.sol";
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
/// @notice Recomputes one element of one node from values of the same claim, and judges the other local properties of a
/// claim: padding, missing leaves, roots of inputs and constants.
contract TensorVM is ITensorVM {
    using Openings for Step;

    /// @inheritdoc ITensorVM
    function judge(
        ClaimFacts calldata facts,
        uint8 kind,
        bytes calldata proof
    ) external view returns (uint32 node, uint256 position, int256 claimed, int256 actual) {
        if (kind == ProofKind.STEP) {
            (node, position, claimed, actual) = _judgeStep(facts, Proofs.step(proof));
        } else if (kind == ProofKind.PADDING) {
            (node, position, claimed) = _judgePadding(facts, Proofs.padding(proof));
        } else if (kind == ProofKind.MISSING_LEAF) {
            (node, position, claimed, actual) = _judgeMissingLeaf(facts, Proofs.missingLeaf(proof));
        } else {
            require(kind == ProofKind.FIXED_ROOT, BadProof(ProofFault.Kind));
            (node, claimed, actual) = _judgeFixedRoot(facts, Proofs.fixedRoot(proof));
        }
        if (claimed == actual) revert NotWrong();
    }

    function _judgeStep(
        ClaimFacts calldata facts,
        StepProof calldata p
    ) private view returns (uint32 node, uint256 position, int256 claimed, int256 actual) {
        (node, position) = (p.node, p.element);
        Step memory s = _node(facts, p.header, p.descriptor, p.descriptorPath, node);
        _enterShard(s, facts, p.shard);
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
        ClaimFacts calldata facts,
        PaddingProof calldata p
    ) private view returns (uint32 node, uint256 position, int256 claimed) {
        (node, position) = (p.node, p.position);
        Step memory s = _node(facts, p.header, p.descriptor, p.descriptorPath, node);
        _requireComputed(s.descriptor);
        _enterShard(s, facts, p.shard);
        uint256 length = s.descriptor.byteLength();
        uint256 end = ProgramProof.chunksOf(length) * ShaTree.CHUNK;
        require(position >= length && position < end, BadProof(ProofFault.Position));
        uint256 chunk = s.openClaimed(p.claimed, node, position / ShaTree.CHUNK);
        claimed = Lanes.read(chunk + (position % ShaTree.CHUNK), DType.U8);
    }

    function _judgeMissingLeaf(
        ClaimFacts calldata facts,
        MissingLeafProof calldata p
    ) private view returns (uint32 node, uint256 position, int256 claimed, int256 actual) {
        (node, position) = (p.node, p.index);
        Step memory s;
        if (p.tree == ClaimTree.CHUNKS) {
            s = _node(facts, p.header, p.descriptor, p.descriptorPath, node);
            _requireComputed(s.descriptor);
        } else {
            require(p.tree <= ClaimTree.CHUNKS, BadProof(ProofFault.Kind));
            s = _program(facts, p.header);
            bool none = p.descriptor.length == 0 && p.descriptorPath.length == 0;
            require(none, BadProof(ProofFault.Descriptor));
            require(node == 0, BadProof(ProofFault.Node));
        }
        if (p.tree == ClaimTree.SHARDS) {
            s.claimShards = facts.to - facts.from;
            require(p.shard == 0, BadProof(ProofFault.Shard));
        } else {
            _enterShard(s, facts, p.shard);
        }
        _requireBeyond(s, p);
        claimed = int256(uint256(p.hash));
        actual = int256(uint256(ShaTree.zeroHash(p.level)));
    }

    /// @dev Reverts unless the subtree is part of the claim and wholly beyond the leaves of its tree.
    function _requireBeyond(Step memory s, MissingLeafProof calldata p) private view {
        uint256 count = s.claimShards;
        if (p.tree == ClaimTree.NODES) count = s.nodeCount;
        if (p.tree == ClaimTree.CHUNKS) count = ProgramProof.chunkCount(s.descriptor);
        uint256 levels = ShaTree.depth(count);
        // What the shift loses of an absurd index, `foldPath` refuses.
        bool beyond = p.level <= levels && (p.index << p.level) >= count;
        require(beyond, BadProof(ProofFault.Position));
        (bytes32 root, uint256 used) = ShaTree.foldPath(p.hash, p.index, levels - p.level, p.path, 0);
        if (p.tree == ClaimTree.CHUNKS) {
            (root, used) = s.toClaim(root, p.node, p.path, used);
        } else if (p.tree == ClaimTree.NODES) {
            (root, used) = ShaTree.pathRoot(root, s.claimShard, s.claimShards, p.path, used);
        }
        Openings.requireRoot(root, s.claimRoot, used, p.path);
    }

    function _judgeFixedRoot(
        ClaimFacts calldata facts,
        FixedRootProof calldata p
    ) private view returns (uint32 node, int256 claimed, int256 actual) {
        node = p.node;
        Step memory s = _node(facts, p.header, p.descriptor, p.descriptorPath, node);
        _enterShard(s, facts, p.shard);
        (bytes32 root, uint256 used) = s.toClaim(p.claimedRoot, node, p.claimedPath, 0);
        Openings.requireRoot(root, s.claimRoot, used, p.claimedPath);
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

    /// @dev A step of the claim's program, its shard and descriptor not yet known.
    function _program(ClaimFacts calldata facts, ProgramHeader calldata header) private view returns (Step memory s) {
        ProgramProof.requireHeader(header, facts.programRoot);
        (s.claimRoot, s.inputsRoot, s.jobShards) = (facts.claimRoot, facts.inputsRoot, facts.shards);
        (s.nodeCount, s.sharedSlots, s.shardSlots) = (header.nodeCount, header.sharedSlots, header.shardSlots);
    }

    function _node(
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        bytes calldata descriptor,
        bytes32[] calldata path,
        uint256 node
    ) private view returns (Step memory s) {
        s = _program(facts, header);
        s.descriptor = ProgramProof.requireDescriptor(header, descriptor, path, node);
    }

    function _enterShard(Step memory s, ClaimFacts calldata facts, uint256 shard) private pure {
        require(shard >= facts.from && shard < facts.to, BadProof(ProofFault.Shard));
        (s.shard, s.claimShard, s.claimShards) = (shard, shard - facts.from, facts.to - facts.from);
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
