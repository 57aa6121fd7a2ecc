// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {Fall} from "../types/Fall.sol";
import {Demand, DemandState, OutputBlock} from "../types/Demand.sol";

import {Place, PlaceLib} from "../types/Place.sol";
import {ProfileWord} from "../types/ProfileWord.sol";
import {Balances} from "./Balances.sol";
import {Claims} from "./Claims.sol";
import {DemandWord, DemandWordLib} from "./DemandWord.sol";
import {OutcomeWord, OutcomeWordLib} from "./OutcomeWord.sol";
import {Price} from "./Price.sol";

/// @title Demands: prepaid, answered or timed out, and returned
/// @dev INVARIANT: ether held = Σ prepayments of demands not yet returned + Σ balances + what was burned.
abstract contract Demands is Claims, Balances {
    /// @notice What was published so long ago may be demanded again: no log is kept for ever.
    uint256 public constant ANSWERS_LAST = 30 days;
    /// @notice Most open demands of a claim that share a place in the queue: they cost next to nothing, and may not use up all that a claim can have.
    uint256 public constant MOST_JOINED = 256;
    /// @dev Part of a prepayment that burns, for an answered demand that held a place in the queue: it has used up the worker's time, however the claim ends. So a liar whose own demands on its
    /// wrong claim keep challengers waiting pays as much as one who demands of right claims.
    uint256 private constant _BURNED = 5;

    /// @dev A demand that is about to be recorded.
    struct Ask {
        address market;
        bytes32 claimId;
        bytes32 subject;
        address worker;
        uint256 windowEnd;
        uint8 profile;
        /// Shards of the claim.
        uint32 shards;
        /// Leaves of the tensor that it lies in, zero if that is not known.
        uint256 leaves;
        uint256 span;
    }

    mapping(bytes32 demandId => DemandWord) private _demands;
    mapping(bytes32 answerId => uint256 time) private _answered;

    /// @inheritdoc IDisputeManager
    function timeout(address market, bytes32 key, bytes32 subject) external {
        bytes32 claimId = claimIdOf(market, key);
        (bytes32 demandId, DemandWord d) = _openDemand(claimId, subject);
        require(block.timestamp > d.time(), NotYet(d.time()));
        _demands[demandId] = d.withState(DemandState.TimedOut);
        _fall(market, claimId, d.payer(), Fall.SILENCE);
        emit TimedOut(market, key, subject, d.payer(), msg.sender);
    }

    /// @inheritdoc IDisputeManager
    function returnPrepayments(address market, bytes32 key, bytes32[] calldata subjects) external {
        bytes32 claimId = claimIdOf(market, key);
        OutcomeWord o = _outcomes[claimId];
        require(o.isFallen() || o.isClosed(), ClaimNotOver(market, key));
        for (uint256 i; i < subjects.length; ++i) {
            bytes32 demandId = _demandId(claimId, subjects[i]);
            DemandWord d = _demands[demandId];
            if (d.payer() == address(0) || d.state() == DemandState.Returned) continue;
            _demands[demandId] = d.withState(DemandState.Returned);
            uint256 amount = d.price();
            uint256 burned = d.state() == DemandState.Answered && d.holdsPlace() ? amount / _BURNED : 0;
            address to = o.isClosed() ? o.prover() : d.payer();
            _credit(to, amount - burned);
            emit PrepaymentReturned(market, key, subjects[i], to, amount - burned, burned);
        }
    }

    /// @inheritdoc IDisputeManager
    function demandOf(address market, bytes32 key, bytes32 subject) external view returns (Demand memory) {
        return _demandAt(claimIdOf(market, key), subject).unpack();
    }

    /// @inheritdoc IDisputeManager
    function answeredAt(bytes32 hash, uint8 span) external view returns (uint256) {
        return _answered[_answerId(hash, span)];
    }

    /// @inheritdoc IDisputeManager
    function priceOf(address market, bytes32 key, uint8 index) external view returns (uint256) {
        return _nearPriceOf(market, key, index, 1);
    }

    /// @inheritdoc IDisputeManager
    function priceOfOutput(address market, bytes32 key, uint8 index, uint32 count) external view returns (uint256) {
        return _nearPriceOf(market, key, index, _answersIn(count));
    }

    /// @inheritdoc IDisputeManager
    function subjectOf(Place place, bytes32 hash) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(place.unwrap()), hash);
    }

    /// @inheritdoc IDisputeManager
    function traceSubjectOf(Place place, bytes32 leaf) public pure returns (bytes32) {
        return subjectOf(PlaceLib.wrap(place.index() | PlaceLib.TRACE), leaf);
    }

    /// @inheritdoc IDisputeManager
    function outputSubjectOf(OutputBlock calldata where) public pure returns (bytes32) {
        return keccak256(abi.encode(where.shard, where.output, where.index));
    }

    /// @dev Records a demand due within the answer period, worth `answers` answers.
    function _demandNear(Ask memory a, uint256 answers) internal returns (uint40 deadline, uint256 price) {
        ProfileWord words = _profileOf(a.profile);
        uint256 near = _enter(a, OutcomeWordLib.NEAR).near();
        return _record(a, block.timestamp + words.answerPeriod(), _nearPrice(words, near, answers), false);
    }

    /// @dev Records a compute demand with a place of its own in the worker's queue.
    function _demandQueued(Ask memory a) internal returns (uint40 deadline, uint256 price) {
        ProfileWord words = _profileOf(a.profile);
        _enter(a, OutcomeWordLib.QUEUED);
        uint256 time = traceTime(a.profile, a.shards);
        uint256 due = _joinQueue(a.market, a.worker, time) + words.answerPeriod();
        return _record(a, due, _computeAnswer(words) + _placePrice(_traceOf(a.profile), time), true);
    }

    /// @dev Records a demand for a chunk that shares the deadline of another one of its shard.
    function _demandJoined(Ask memory a, uint256 shared) internal returns (uint40 deadline, uint256 price) {
        require(_enter(a, 0).joined() < MOST_JOINED, NotJoinable(a.subject));
        return _record(a, shared, _computeAnswer(_profileOf(a.profile)), false);
    }

    /// @dev Ends an open demand by its answer, and holds the claim long enough for the next step below it.
    function _answer(address market, bytes32 claimId, bytes32 demandId, DemandWord d, bool near) internal {
        require(block.timestamp <= d.time(), TooLate(d.time()));
        _demands[demandId] = d.answered();
        OutcomeWord o = _outcomes[claimId].withHold(block.timestamp + _profileOf(d.profile()).descendPeriod());
        uint256 counted = OutcomeWordLib.OPEN;
        if (near) counted |= OutcomeWordLib.NEAR;
        if (d.holdsPlace()) counted |= OutcomeWordLib.QUEUED;
        // INVARIANT: the counters count this demand.
        unchecked {
            _outcomes[claimId] = OutcomeWord.wrap(OutcomeWord.unwrap(o) - counted);
        }
        if (d.holdsPlace()) _leaveQueue(market, o.prover(), 1);
    }

    function _store(bytes32 claimId, bytes32 subject, DemandWord d) internal {
        _demands[_demandId(claimId, subject)] = d;
    }

    function _markAnswered(bytes32 hash, uint256 span) internal {
        _answered[_answerId(hash, span)] = block.timestamp;
    }

    function _requireUnanswered(bytes32 hash, uint256 span) internal view {
        uint256 time = _answered[_answerId(hash, span)];
        require(time == 0 || block.timestamp > time + ANSWERS_LAST, AlreadyAnswered(hash, span));
    }

    function _openDemand(bytes32 claimId, bytes32 subject) internal view returns (bytes32 demandId, DemandWord d) {
        require(!_outcomes[claimId].isFallen(), NoOpenDemand(claimId, subject));
        demandId = _demandId(claimId, subject);
        d = _demands[demandId];
        require(d.state() == DemandState.Open, NoOpenDemand(claimId, subject));
    }

    function _demandAt(bytes32 claimId, bytes32 subject) internal view returns (DemandWord) {
        return _demands[_demandId(claimId, subject)];
    }

    /// @dev Counts one more open demand, and one of the `kind` that the caller names; the first one makes it a challenged claim. Returns the outcome before.
    function _enter(Ask memory a, uint256 kind) private returns (OutcomeWord o) {
        o = _outcomes[a.claimId];
        if (o.prover() == address(0)) {
            o = o.withProver(a.worker);
            _challenge(a.claimId);
        }
        require(o.open() < type(uint16).max, TooManyDemands(a.claimId));
        // No overflow: no counter exceeds that of all open demands.
        unchecked {
            _outcomes[a.claimId] = OutcomeWord.wrap(OutcomeWord.unwrap(o) + OutcomeWordLib.OPEN + kind);
        }
    }

    /// @dev Stores an open demand that the caller prepays; what it sends beyond the price stays its balance.
    function _record(Ask memory a, uint256 due, uint256 wanted, bool queued) private returns (uint40, uint256 price) {
        bytes32 demandId = _demandId(a.claimId, a.subject);
        require(DemandWord.unwrap(_demands[demandId]) == 0, AlreadyDemanded(a.claimId, a.subject));
        if (block.timestamp > a.windowEnd) wanted += _latePrice(_profileOf(a.profile), _traceOf(a.profile));
        uint256 code = Price.encode(wanted);
        price = Price.decode(code);
        _takePrice(price);
        _demands[demandId] = DemandWordLib.opened(msg.sender, due, a.leaves, code, queued, a.span, a.profile);
        // Cast: a time.
        return (uint40(due), price);
    }

    function _nearPriceOf(address market, bytes32 key, uint8 index, uint256 answers) private view returns (uint256) {
        (ProfileWord words, ) = profileWords(index);
        uint256 price = _nearPrice(words, _outcomes[claimIdOf(market, key)].near(), answers);
        return Price.decode(Price.encode(price));
    }

    function _demandId(bytes32 claimId, bytes32 subject) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(claimId, subject);
    }

    function _answerId(bytes32 hash, uint256 span) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(hash, bytes32(span));
    }
}
