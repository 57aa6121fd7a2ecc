// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {Admission, NodeEntry, OutputBlock} from "../types/Demand.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {Opening} from "../types/Proof.sol";
import {Anchors} from "./Anchors.sol";
import {DemandWord} from "./DemandWord.sol";

/// @title Demands for chunks of outputs: the guarantee that what was paid for is there
abstract contract Outputs is Anchors {
    uint256 public constant MAX_OUTPUT_CHUNKS = 16;

    /// @inheritdoc IDisputeManager
    function demandOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        OutputBlock calldata where,
        Admission calldata admission
    ) external payable {
        bytes32 claimId = _liveClaim(market, key, facts);
        require(block.timestamp <= facts.windowEnd, TooLate(facts.windowEnd));
        _requireAdmitted(market, key, facts, admission);
        Ask memory a = _ask(market, claimId, outputSubjectOf(where), facts);
        a.leaves = _leavesOf(facts, header, entry, where);
        (uint40 deadline, uint256 price) = _demandNear(a, _answersIn(_chunksIn(where, a.leaves)));
        emit OutputDemanded(market, key, msg.sender, where, deadline, price);
    }

    /// @inheritdoc IDisputeManager
    function respondOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        OutputBlock calldata where,
        Opening calldata opening
    ) external {
        bytes32 claimId = _liveClaim(market, key, facts);
        ProgramProof.requireHeader(header, facts.programRoot);
        (bytes32 demandId, DemandWord d) = _openDemand(claimId, outputSubjectOf(where));
        bytes32 computed = _rootOf(facts, header.outputCount, where, opening, d.leaves());
        require(computed == facts.outputsRoot, WrongAnswer(facts.outputsRoot, computed));
        _answer(market, claimId, demandId, d, true);
        emit OutputAnswered(market, key, msg.sender, where, opening.chunks);
    }

    /// @dev Leaves of the output's tensor; reverts unless claim, program and tensor have such a block.
    function _leavesOf(
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        OutputBlock calldata where
    ) private view returns (uint256 leaves) {
        ProgramProof.requireHeader(header, facts.programRoot);
        bool within = where.shard >= facts.from && where.shard < facts.to && where.output < header.outputCount;
        require(within, NoSuchOutput(where));
        leaves = _computedLeaves(header, entry, header.outputNode(where.output));
        require(where.index * MAX_OUTPUT_CHUNKS < leaves, NoSuchOutput(where));
    }

    /// @dev Outputs root that the chunks lead to; reverts unless they are exactly the block's.
    function _rootOf(
        ClaimFacts calldata facts,
        uint256 outputs,
        OutputBlock calldata where,
        Opening calldata opening,
        uint256 leaves
    ) private view returns (bytes32 computed) {
        require(opening.chunks.length == _chunksIn(where, leaves) * ShaTree.CHUNK, NoSuchOutput(where));
        uint256 used;
        uint256 first = where.index * MAX_OUTPUT_CHUNKS;
        (computed, used) = ShaTree.rangeRoot(opening.chunks, first, leaves, opening.path, 0);
        uint256 depth = ShaTree.depth(outputs);
        uint256 index = (uint256(where.shard - facts.from) << depth) | where.output;
        depth += ShaTree.depth(facts.to - facts.from);
        (computed, used) = ShaTree.foldPath(computed, index, depth, opening.path, used);
        require(used == opening.path.length, WrongAnswer(facts.outputsRoot, computed));
    }

    /// @dev Chunks of a block that exists.
    function _chunksIn(OutputBlock calldata where, uint256 leaves) private pure returns (uint256) {
        return Math.min(leaves - where.index * MAX_OUTPUT_CHUNKS, MAX_OUTPUT_CHUNKS);
    }
}
