// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {ITensorVM} from "../interfaces/ITensorVM.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts, ClaimFactsLib, Outcome} from "../types/Claim.sol";
import {Demand, DemandLib, DemandState, NodeEntry, OutputRange, PlacedHash} from "../types/Demand.sol";
import {Place} from "../types/Place.sol";
import {Profile, ProfileWord} from "../types/Profile.sol";
import {Op} from "../types/Op.sol";
import {Descriptor, ProgramHeader} from "../types/Program.sol";
import {BadProof, Opening, ProofFault} from "../types/Proof.sol";
import {Balances} from "./Balances.sol";
import {Children} from "./Children.sol";
import {ClaimShape, Shape} from "./ClaimShape.sol";
import {JudgeProfiles} from "./JudgeProfiles.sol";

/// @title DisputeManager
/// @dev INVARIANT: ether held = Σ prepayments of demands not yet returned + Σ balances.
/// INVARIANT: `open` of a claim = number of its demands in state Open, until it falls or is closed; then it gets no new ones.
contract DisputeManager is JudgeProfiles, Balances {
    using ClaimShape for Shape;
    using DemandLib for Demand;

    /// @dev Last bit of a stored facts hash: set once the claim has an outcome, so that settling any other claim reads one slot only.
    bytes32 private constant _CHALLENGED = bytes32(uint256(1));
    uint256 public constant MAX_OUTPUT_CHUNKS = 16;

    /// @dev What a proof shows.
    struct Verdict {
        uint32 node;
        uint256 position;
        int256 claimed;
        int256 actual;
    }

    ITensorVM public immutable VM;

    mapping(bytes32 claimId => bytes32) private _facts;
    mapping(bytes32 claimId => Outcome) internal _outcomes;
    mapping(bytes32 demandId => Demand) private _demands;
    mapping(bytes32 answerId => bool) private _answered;
    mapping(bytes32 commitment => uint256 blockNumber) private _seals;

    constructor(
        ITensorVM vm,
        Profile memory fast,
        Profile memory standard,
        Profile memory long
    ) JudgeProfiles(fast, standard, long) {
        VM = vm;
    }

    /// @inheritdoc IDisputeManager
    function recordClaim(bytes32 key, bytes32 hash) external {
        bytes32 claimId = claimIdOf(msg.sender, key);
        require(_facts[claimId] == bytes32(0), AlreadyRecorded(msg.sender, key));
        _facts[claimId] = hash & ~_CHALLENGED;
    }

    /// @inheritdoc IDisputeManager
    function closeClaim(bytes32 key, address worker) external returns (bool) {
        bytes32 claimId = claimIdOf(msg.sender, key);
        if (_facts[claimId] & _CHALLENGED != 0) {
            Outcome memory o = _outcomes[claimId];
            if (!o.isClosable()) return false;
            (_outcomes[claimId].closed, _outcomes[claimId].prover) = (true, worker);
        }
        delete _facts[claimId];
        return true;
    }

    /// @inheritdoc IDisputeManager
    function seal(bytes32 commitment) external {
        if (_seals[commitment] == 0) _seals[commitment] = block.number;
        emit Sealed(commitment, msg.sender);
    }

    /// @inheritdoc IDisputeManager
    function proveFraud(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        uint8 kind,
        bytes calldata proof,
        bytes32 salt
    ) external {
        bytes32 claimId = _liveClaim(market, key, facts);
        address finder = _sealedFinder(keccak256(abi.encode(claimId, msg.sender, keccak256(proof), salt)));
        _fall(claimId, finder);
        _announceFraud(market, key, finder, kind, _judge(facts, kind, proof));
    }

    /// @inheritdoc IDisputeManager
    function demand(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        PlacedHash calldata target
    ) external payable {
        bytes32 claimId = _liveClaim(market, key, facts);
        ProgramProof.requireHeader(header, facts.programRoot);
        Shape memory shape = ClaimShape.shapeOf(facts, header.nodeCount);
        Place place = target.place;
        uint256 leaves = _anchor(claimId, facts, place, target.hash, target.path);
        if (leaves == 0 && place.depth() >= shape.tensorTop()) {
            leaves = _computedLeaves(header, entry, shape.nodeOf(place));
        }
        _demand(market, key, claimId, target, leaves, shape.requireSpan(place, leaves), facts.profile);
    }

    /// @inheritdoc IDisputeManager
    function respond(address market, bytes32 key, Place place, bytes32 hash, bytes calldata data) external {
        bytes32 claimId = claimIdOf(market, key);
        Demand storage d = _openDemand(claimId, subjectOf(place, hash));
        uint256 span = d.span();
        bytes32 computed = span == 0 ? ShaTree.leafHash(data) : Children.root(data, span);
        require(computed == hash, WrongAnswer(hash, computed));
        _answered[_answerId(hash, span)] = true;
        _answer(claimId, d);
        emit Answered(market, key, msg.sender, place, hash, data);
    }

    /// @inheritdoc IDisputeManager
    function timeout(address market, bytes32 key, bytes32 subject) external {
        _timeOut(market, key, subject);
    }

    /// @inheritdoc IDisputeManager
    function demandOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        OutputRange calldata range
    ) external payable {
        bytes32 claimId = _liveClaim(market, key, facts);
        require(block.timestamp <= facts.windowEnd, TooLate(facts.windowEnd));
        ProgramProof.requireHeader(header, facts.programRoot);
        uint256 leaves = _computedLeaves(header, entry, header.outputNode);
        bool within =
            range.shard >= facts.from && range.shard < facts.to && uint256(range.first) + range.count <= leaves;
        require(within && range.count > 0 && range.count <= MAX_OUTPUT_CHUNKS, NoSuchOutput(range));
        uint8 bits = DemandLib.opened(0, facts.profile);
        uint40 deadline = _record(claimId, outputSubjectOf(range), bits, leaves, _answersIn(range.count));
        emit OutputDemanded(market, key, msg.sender, range, deadline);
    }

    /// @inheritdoc IDisputeManager
    function respondOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        OutputRange calldata range,
        Opening calldata opening
    ) external {
        bytes32 claimId = _liveClaim(market, key, facts);
        ProgramProof.requireHeader(header, facts.programRoot);
        Demand storage d = _openDemand(claimId, outputSubjectOf(range));
        bytes32 computed = _outputRoot(facts, header, range, opening, d.leaves);
        require(computed == facts.claimRoot, WrongAnswer(facts.claimRoot, computed));
        _answer(claimId, d);
        emit OutputAnswered(market, key, msg.sender, range, opening.chunks);
    }

    /// @inheritdoc IDisputeManager
    function returnPrepayments(address market, bytes32 key, bytes32[] calldata subjects) external {
        bytes32 claimId = claimIdOf(market, key);
        Outcome memory o = _outcomes[claimId];
        require(o.fallen || o.closed, ClaimNotOver(market, key));
        for (uint256 i; i < subjects.length; ++i) {
            Demand storage d = _demands[_demandId(claimId, subjects[i])];
            DemandState state = d.state();
            if (state == DemandState.None || state == DemandState.Returned) continue;
            uint256 amount = _price(_profileOf(d.profile()), d.eighths);
            address to = o.fallen ? d.payer : o.prover;
            d.bits = DemandLib.withState(d.bits, DemandState.Returned);
            _credit(to, amount);
            emit PrepaymentReturned(market, key, subjects[i], to, amount);
        }
    }

    /// @inheritdoc IDisputeManager
    function outcome(address market, bytes32 key) external view returns (Outcome memory) {
        return _outcomes[claimIdOf(market, key)];
    }

    /// @inheritdoc IDisputeManager
    function factsHash(address market, bytes32 key) external view returns (bytes32) {
        return _facts[claimIdOf(market, key)] & ~_CHALLENGED;
    }

    /// @inheritdoc IDisputeManager
    function requireFacts(address market, bytes32 key, ClaimFacts calldata facts) external view {
        _requireFacts(market, key, facts);
    }

    /// @inheritdoc IDisputeManager
    function demandOf(address market, bytes32 key, bytes32 subject) external view returns (Demand memory) {
        return _demands[_demandId(claimIdOf(market, key), subject)];
    }

    /// @inheritdoc IDisputeManager
    function isAnswered(bytes32 hash, uint8 span) external view returns (bool) {
        return _answered[_answerId(hash, span)];
    }

    /// @inheritdoc IDisputeManager
    function sealedAt(bytes32 commitment) external view returns (uint256) {
        return _seals[commitment];
    }

    /// @inheritdoc IDisputeManager
    function priceOf(address market, bytes32 key, uint8 profileIndex) external view returns (uint256) {
        return _price(_profileOf(profileIndex), _eighths(_outcomes[claimIdOf(market, key)].open, 1));
    }

    /// @inheritdoc IDisputeManager
    function priceOfOutput(
        address market,
        bytes32 key,
        uint8 profileIndex,
        uint32 count
    ) external view returns (uint256) {
        uint256 open = _outcomes[claimIdOf(market, key)].open;
        return _price(_profileOf(profileIndex), _eighths(open, _answersIn(count)));
    }

    /// @inheritdoc IDisputeManager
    function claimIdOf(address market, bytes32 key) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(uint256(uint160(market))), key);
    }

    /// @inheritdoc IDisputeManager
    function subjectOf(Place place, bytes32 hash) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(place.unwrap()), hash);
    }

    /// @inheritdoc IDisputeManager
    function outputSubjectOf(OutputRange calldata range) public pure returns (bytes32) {
        return keccak256(abi.encode(range.shard, range.first, range.count));
    }

    /// @dev Checks that the hash stands at the place, under the claim root (inside the window) or under a place of this claim whose answer is at most
    /// `descendPeriod` old. Returns the leaf count that the anchor knows, zero above a node's root.
    function _anchor(
        bytes32 claimId,
        ClaimFacts calldata facts,
        Place place,
        bytes32 hash,
        bytes32[] calldata path
    ) private view returns (uint256 leaves) {
        uint256 g = place.unwrap();
        require(g >> path.length > 0, ClaimShape.NoSuchPlace(Place.unwrap(place)));
        (bytes32 computed, ) = ShaTree.foldPath(hash, g & ((1 << path.length) - 1), path.length, path, 0);
        uint256 anchor = g >> path.length;
        require(anchor != 1 || computed == facts.claimRoot, NotInClaim(facts.claimRoot, computed));
        if (anchor == 1 && block.timestamp <= facts.windowEnd) return 0;
        // Cast: shifting a 64-bit place right.
        Demand storage d = _demands[_demandId(claimId, subjectOf(Place.wrap(uint64(anchor)), computed))];
        require(d.state() == DemandState.Answered, NotInClaim(facts.claimRoot, computed));
        uint256 deadline = d.time + _profileOf(facts.profile).descendPeriod();
        require(block.timestamp <= deadline, TooLate(deadline));
        return d.leaves;
    }

    /// @dev Records and announces a demand whose place and hash are proved.
    function _demand(
        address market,
        bytes32 key,
        bytes32 claimId,
        PlacedHash calldata target,
        uint256 leaves,
        uint256 span,
        uint8 profileIndex
    ) private {
        (Place place, bytes32 hash) = (target.place, target.hash);
        require(!_answered[_answerId(hash, span)], AlreadyAnswered(hash, span));
        uint40 deadline = _record(claimId, subjectOf(place, hash), DemandLib.opened(span, profileIndex), leaves, 1);
        emit Demanded(market, key, msg.sender, place, hash, span, deadline);
    }

    /// @dev Records an open demand that the caller prepays; what it sends beyond the price stays its balance. Returns the deadline of the answer.
    function _record(
        bytes32 claimId,
        bytes32 subject,
        uint8 bits,
        uint256 leaves,
        uint256 answers
    ) private returns (uint40 deadline) {
        bytes32 demandId = _demandId(claimId, subject);
        require(_demands[demandId].bits == 0, AlreadyDemanded(claimId, subject));
        Outcome storage o = _outcomes[claimId];
        (uint32 open, uint40 hold) = (o.open, o.holdUntil);
        ProfileWord words = _profileOf(DemandLib.profileIn(bits));
        uint256 eighths = _eighths(open, answers);
        require(eighths <= type(uint16).max, TooManyDemands(claimId));
        _takePrice(_price(words, eighths));
        // Casts: a timestamp, a number checked above, and leaves as _computedLeaves checked them.
        deadline = uint40(block.timestamp + words.answerPeriod());
        _store(_demands[demandId], Demand(msg.sender, deadline, uint16(eighths), uint32(leaves), bits));
        if (hold == 0) _challenge(claimId);
        // No overflow: fewer than 2^16 are open, as each has added an eighth.
        unchecked {
            (o.open, o.holdUntil) = (open + 1, deadline > hold ? deadline : hold);
        }
    }

    function _store(Demand storage slot, Demand memory d) private {
        (slot.payer, slot.time, slot.eighths, slot.leaves, slot.bits) = (d.payer, d.time, d.eighths, d.leaves, d.bits);
    }

    /// @dev Ends an open demand by its answer, and holds the claim long enough for the next step below it.
    function _answer(bytes32 claimId, Demand storage d) private {
        uint256 deadline = d.time;
        require(block.timestamp <= deadline, TooLate(deadline));
        uint8 bits = d.bits;
        // Cast: a timestamp.
        (d.time, d.bits) = (uint40(block.timestamp), DemandLib.withState(bits, DemandState.Answered));
        Outcome storage o = _outcomes[claimId];
        (uint32 open, uint40 hold) = (o.open, o.holdUntil);
        uint256 next = block.timestamp + _profileOf(DemandLib.profileIn(bits)).descendPeriod();
        // INVARIANT: open counts this demand.
        unchecked {
            (o.open, o.holdUntil) = (open - 1, next > hold ? uint40(next) : hold);
        }
    }

    /// @dev The claim falls because an open demand has passed its deadline; who prepaid it is the finder.
    function _timeOut(address market, bytes32 key, bytes32 subject) private {
        bytes32 claimId = claimIdOf(market, key);
        Demand storage d = _openDemand(claimId, subject);
        require(block.timestamp > d.time, NotYet(d.time));
        d.bits = DemandLib.withState(d.bits, DemandState.TimedOut);
        --_outcomes[claimId].open;
        _fall(claimId, d.payer);
        emit TimedOut(market, key, subject, d.payer, msg.sender);
    }

    /// @dev The caller if its seal is at least one block old. A seal of this very block could have been copied from the proof's own transaction.
    function _sealedFinder(bytes32 commitment) private view returns (address) {
        uint256 blockNumber = _seals[commitment];
        return blockNumber > 0 && blockNumber < block.number ? msg.sender : address(0);
    }

    /// @dev What the proof shows; reverts unless the claim is wrong.
    function _judge(
        ClaimFacts calldata facts,
        uint8 kind,
        bytes calldata proof
    ) private view returns (Verdict memory v) {
        (v.node, v.position, v.claimed, v.actual) = VM.judge(facts, kind, proof);
    }

    function _announceFraud(address market, bytes32 key, address finder, uint8 kind, Verdict memory v) private {
        emit FraudProved(market, key, msg.sender, finder, kind, v.node, v.position, v.claimed, v.actual);
    }

    function _fall(bytes32 claimId, address finder) private {
        Outcome storage o = _outcomes[claimId];
        (o.fallen, o.prover) = (true, finder);
        _challenge(claimId);
    }

    /// @dev Marks a claim as one that has an outcome.
    function _challenge(bytes32 claimId) internal {
        _facts[claimId] |= _CHALLENGED;
    }

    /// @dev The claim's id; reverts unless the facts are right and the claim can still fall.
    function _liveClaim(address market, bytes32 key, ClaimFacts calldata facts) private view returns (bytes32 claimId) {
        claimId = _requireFacts(market, key, facts);
        require(!_outcomes[claimId].fallen, ClaimOver(market, key));
    }

    function _requireFacts(
        address market,
        bytes32 key,
        ClaimFacts calldata facts
    ) private view returns (bytes32 claimId) {
        claimId = claimIdOf(market, key);
        bytes32 stored = _facts[claimId];
        require(stored != bytes32(0), UnknownClaim(market, key));
        require(stored & ~_CHALLENGED == ClaimFactsLib.hashOf(facts) & ~_CHALLENGED, WrongFacts(market, key));
    }

    /// @dev Claim root that chunks of the output node lead to; reverts unless they are exactly the range's.
    function _outputRoot(
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        OutputRange calldata range,
        Opening calldata opening,
        uint256 leaves
    ) private view returns (bytes32 computed) {
        require(opening.chunks.length == uint256(range.count) * ShaTree.CHUNK, NoSuchOutput(range));
        uint256 used;
        (computed, used) = ShaTree.rangeRoot(opening.chunks, range.first, leaves, opening.path, 0);
        Shape memory shape = ClaimShape.shapeOf(facts, header.nodeCount);
        uint256 index = (uint256(range.shard - facts.from) << shape.nodeDepth) | header.outputNode;
        (computed, used) = ShaTree.foldPath(computed, index, shape.tensorTop(), opening.path, used);
        require(used == opening.path.length, WrongAnswer(facts.claimRoot, computed));
    }

    /// @dev Leaves of the tensor of a computed node; input and constant nodes end at their root, by comparison, and are never entered.
    function _computedLeaves(
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        uint256 node
    ) private view returns (uint256) {
        Descriptor d = ProgramProof.requireDescriptor(header, entry.descriptor, entry.path, node);
        require(d.op() != Op.INPUT && d.op() != Op.CONSTANT, FixedNode(node));
        uint256 leaves = ProgramProof.chunkCount(d);
        // No valid program has more; a demand keeps the number in 32 bits.
        require(leaves <= type(uint32).max, BadProof(ProofFault.Invalid));
        return leaves;
    }

    function _openDemand(bytes32 claimId, bytes32 subject) private view returns (Demand storage d) {
        require(!_outcomes[claimId].fallen, NoOpenDemand(claimId, subject));
        d = _demands[_demandId(claimId, subject)];
        require(d.state() == DemandState.Open, NoOpenDemand(claimId, subject));
    }

    function _demandId(bytes32 claimId, bytes32 subject) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(claimId, subject);
    }

    function _answerId(bytes32 hash, uint256 span) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(hash, bytes32(span));
    }
}
