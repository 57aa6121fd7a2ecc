// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {Admission, PlacedHash, TraceAnswer} from "../types/Demand.sol";
import {Place} from "../types/Place.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {Anchors} from "./Anchors.sol";
import {Children} from "./Children.sol";
import {ClaimShape, Shape} from "./ClaimShape.sol";
import {DemandWord, DemandWordLib} from "./DemandWord.sol";
import {TraceLeaf} from "./TraceLeaf.sol";

/// @title Traces, committed when they are demanded
/// @notice Only the worker says what its trace is, once for each shard, and it must lead to the outputs that it committed.
abstract contract Traces is Anchors {
    bytes32 private constant _TRACE_ANSWER = keccak256(
        "TraceAnswer(address market,bytes32 key,uint32 shard,bytes32 shardRoot)"
    );

    bytes32 private constant _DOMAIN = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant _NAME = keccak256("Orion DisputeManager");
    bytes32 private constant _VERSION = keccak256("2");

    /// @inheritdoc IDisputeManager
    function demandTrace(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        PlacedHash calldata target,
        Admission calldata admission
    ) external payable {
        bytes32 claimId = _liveClaim(market, key, facts);
        _requireAdmitted(market, key, facts, admission);
        uint32 shard = facts.from + ClaimShape.requireShard(target.place, facts.to - facts.from);
        _anchored(claimId, facts, target);
        Ask memory a = _ask(market, claimId, traceSubjectOf(target.place, target.hash), facts);
        (uint40 deadline, uint256 price) = _demandQueued(a);
        emit TraceDemanded(market, key, msg.sender, shard, target.hash, deadline, price);
    }

    /// @inheritdoc IDisputeManager
    function respondTrace(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        TraceAnswer calldata answer,
        bytes calldata signature
    ) external {
        bytes32 claimId = _liveClaim(market, key, facts);
        _requireWorker(market, key, facts.worker, answer, signature);
        uint256 span = _answerTrace(market, claimId, facts, header, answer);
        // What lies under a shard's root is demanded nowhere but here, so the claim's own record says enough of when it was published.
        _recordTrace(claimId, facts, answer, span);
        emit TraceAnswered(market, key, msg.sender, answer.shard, answer.shardRoot, answer.data);
    }

    /// @dev Ends the open demand that the answer is to; reverts unless it leads to the outputs. Returns the levels that it shows.
    function _answerTrace(
        address market,
        bytes32 claimId,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        TraceAnswer calldata answer
    ) private returns (uint256 span) {
        ProgramProof.requireHeader(header, facts.programRoot);
        require(answer.shard >= facts.from && answer.shard < facts.to, NoSuchShard(answer.shard));
        Shape memory shape = ClaimShape.shapeOf(facts, header.nodeCount);
        span = shape.traceSpan();
        bytes32 computed = Children.root(answer.data, span);
        require(computed == answer.shardRoot, WrongAnswer(answer.shardRoot, computed));
        bytes32 leaf = TraceLeaf.leafOf(header, answer, shape.nodeDepth - span);
        bytes32 subject = traceSubjectOf(ClaimShape.shardPlace(facts, answer.shard), leaf);
        (bytes32 demandId, DemandWord d) = _openDemand(claimId, subject);
        _answer(market, claimId, demandId, d, false);
    }

    /// @dev Leaves the record of a shard's root, which anchors demands and proofs.
    function _recordTrace(
        bytes32 claimId,
        ClaimFacts calldata facts,
        TraceAnswer calldata answer,
        uint256 span
    ) private {
        Place place = ClaimShape.shardPlace(facts, answer.shard);
        _store(claimId, subjectOf(place, answer.shardRoot), DemandWordLib.answeredTrace(span, facts.profile));
    }

    /// @dev Reverts unless the claim's worker has answered that this is the root of that shard's trace.
    function _requireTraced(bytes32 claimId, ClaimFacts calldata facts, uint32 shard, bytes32 shardRoot) internal view {
        require(shard >= facts.from && shard < facts.to, NoSuchShard(shard));
        Place place = ClaimShape.shardPlace(facts, shard);
        DemandWord d = _demandAt(claimId, subjectOf(place, shardRoot));
        require(d.isTraceRecord(), NotTraced(shard, shardRoot));
    }

    /// @dev The worker sends the answer itself, or has signed it.
    function _requireWorker(
        address market,
        bytes32 key,
        address worker,
        TraceAnswer calldata answer,
        bytes calldata signature
    ) private view {
        address signer = msg.sender;
        if (signature.length > 0) {
            bytes32 message = keccak256(abi.encode(_TRACE_ANSWER, market, key, answer.shard, answer.shardRoot));
            // The chain's id of now: a signature for one branch of a chain that splits is none for the other.
            bytes32 domain = keccak256(abi.encode(_DOMAIN, _NAME, _VERSION, block.chainid, address(this)));
            signer = ECDSA.recover(MessageHashUtils.toTypedDataHash(domain, message), signature);
        }
        require(signer == worker, NotTheWorker(worker, signer));
    }
}
