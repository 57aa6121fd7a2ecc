// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {ITensorVM} from "../interfaces/ITensorVM.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {Fall} from "../types/Fall.sol";
import {Admission, DemandState, Leader, NodeEntry, PlacedHash} from "../types/Demand.sol";
import {Place, PlaceLib} from "../types/Place.sol";
import {Profile} from "../types/Profile.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {ProofKind} from "../types/ProofKind.sol";
import {Children} from "./Children.sol";
import {ClaimShape, Shape} from "./ClaimShape.sol";
import {DemandWord} from "./DemandWord.sol";
import {JudgeProfiles} from "./JudgeProfiles.sol";
import {Outputs} from "./Outputs.sol";
import {Traces} from "./Traces.sol";

/// @title DisputeManager
contract DisputeManager is Outputs, Traces {
    /// @dev What a proof shows.
    struct Verdict {
        uint32 node;
        uint256 position;
        int256 claimed;
        int256 actual;
    }

    ITensorVM public immutable VM;

    mapping(bytes32 commitment => uint256 time) private _seals;

    constructor(ITensorVM vm, Profile[4] memory profiles) JudgeProfiles(profiles) {
        VM = vm;
    }

    /// @inheritdoc IDisputeManager
    function seal(bytes32 commitment) external {
        if (_seals[commitment] == 0) _seals[commitment] = block.timestamp;
        emit Sealed(commitment, msg.sender);
    }

    /// @inheritdoc IDisputeManager
    function proveFraud(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        uint32 shard,
        bytes32 shardRoot,
        uint8 kind,
        bytes calldata proof,
        bytes32 salt
    ) external {
        bytes32 claimId = _liveClaim(market, key, facts);
        // A missing leaf of the tree over shards is judged against the outputs root, everything else against a root that the worker has answered.
        if (shardRoot != bytes32(0)) _requireTraced(claimId, facts, shard, shardRoot);
        else require(kind == ProofKind.MISSING_LEAF, NotTraced(shard, shardRoot));
        address finder = _sealedFinder(facts.profile, _commitment(claimId, shard, shardRoot, proof, salt));
        _fall(market, claimId, finder, Fall.PROOF);
        Verdict memory v = _judge(facts, shard, shardRoot, kind, proof);
        _announceFraud(market, key, finder, kind, shard, v);
    }

    /// @inheritdoc IDisputeManager
    function demand(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        PlacedHash calldata target,
        Leader calldata leader,
        Admission calldata admission
    ) external payable {
        bytes32 claimId = _liveClaim(market, key, facts);
        _requireAdmitted(market, key, facts, admission);
        Ask memory a = _ask(market, claimId, subjectOf(target.place, target.hash), facts);
        a.leaves = _anchored(claimId, facts, target);
        if (target.place.inOutputs()) {
            a.span = ClaimShape.requireOutputsSpan(target.place, a.shards);
        } else {
            _enterTrace(a, facts, header, entry, target.place);
            _requireUnanswered(target.hash, a.span);
        }
        (uint40 deadline, uint256 price) = a.span > 0 ? _demandNear(a, 1) : _demandChunk(a, target.place, leader);
        emit Demanded(market, key, msg.sender, target.place, target.hash, a.span, deadline, price);
    }

    /// @inheritdoc IDisputeManager
    function respond(address market, bytes32 key, Place place, bytes32 hash, bytes calldata data) external {
        // A trace is answered by its worker alone.
        require(place.unwrap() & PlaceLib.TRACE == 0, ClaimShape.NoSuchPlace(Place.unwrap(place)));
        bytes32 claimId = claimIdOf(market, key);
        (bytes32 demandId, DemandWord d) = _openDemand(claimId, subjectOf(place, hash));
        uint256 span = d.span();
        bytes32 computed = span == 0 ? ShaTree.leafHash(data) : Children.root(data, span);
        require(computed == hash, WrongAnswer(hash, computed));
        // Few hashes lie above the shards, and a claim's own record says when they were answered.
        if (!place.inOutputs()) _markAnswered(hash, span);
        _answer(market, claimId, demandId, d, span > 0);
        emit Answered(market, key, msg.sender, place, hash, data);
    }

    /// @inheritdoc IDisputeManager
    function sealedAt(bytes32 commitment) external view returns (uint256) {
        return _seals[commitment];
    }

    /// @dev A chunk must be computed again: it takes a place in the worker's queue, or shares that of a demand whose turn has not begun.
    function _demandChunk(
        Ask memory a,
        Place place,
        Leader calldata leader
    ) private returns (uint40 deadline, uint256 price) {
        if (Place.unwrap(leader.place) == 0) return _demandQueued(a);
        bytes32 subject = subjectOf(leader.place, leader.hash);
        // Both are places of a trace below a shard's root, so the bits behind the leading one name the shard.
        bool sameShard = ClaimShape.sameShard(place, leader.place, a.shards);
        DemandWord d = _demandAt(a.claimId, subject);
        bool open = d.state() == DemandState.Open && d.holdsPlace();
        uint256 turn = block.timestamp + _profileOf(a.profile).answerPeriod() + traceTime(a.profile, a.shards);
        require(sameShard && open && turn <= d.time(), NotJoinable(subject));
        return _demandJoined(a, d.time());
    }

    /// @dev Span and leaves of a place of a trace.
    function _enterTrace(
        Ask memory a,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        Place place
    ) private view {
        ProgramProof.requireHeader(header, facts.programRoot);
        Shape memory shape = ClaimShape.shapeOf(facts, header.nodeCount);
        if (a.leaves == 0 && place.depth() >= shape.tensorTop()) {
            a.leaves = _computedLeaves(header, entry, shape.nodeOf(place));
        }
        a.span = shape.requireSpan(place, a.leaves);
    }

    /// @dev The caller if its seal is old enough. One of this very second could have been copied from the proof's own transaction.
    function _sealedFinder(uint8 index, bytes32 commitment) private view returns (address) {
        uint256 time = _seals[commitment];
        return time > 0 && block.timestamp >= time + _traceOf(index).sealAge() ? msg.sender : address(0);
    }

    function _commitment(
        bytes32 claimId,
        uint32 shard,
        bytes32 shardRoot,
        bytes calldata proof,
        bytes32 salt
    ) private view returns (bytes32) {
        bytes32 shown = keccak256(abi.encode(shard, shardRoot, keccak256(proof)));
        return keccak256(abi.encode(claimId, msg.sender, shown, salt));
    }

    /// @dev What the proof shows; reverts unless the claim is wrong.
    function _judge(
        ClaimFacts calldata facts,
        uint32 shard,
        bytes32 shardRoot,
        uint8 kind,
        bytes calldata proof
    ) private view returns (Verdict memory v) {
        (v.node, v.position, v.claimed, v.actual) = VM.judge(facts, shard, shardRoot, kind, proof);
    }

    function _announceFraud(
        address market,
        bytes32 key,
        address finder,
        uint8 kind,
        uint32 shard,
        Verdict memory v
    ) private {
        emit FraudProved(market, key, msg.sender, finder, kind, shard, v.node, v.position, v.claimed, v.actual);
    }
}
