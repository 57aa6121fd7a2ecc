// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {DisputeManager} from "../../../contracts/dispute/DisputeManager.sol";
import {ClaimFacts, Outcome} from "../../../contracts/types/Claim.sol";
import {
    Admission,
    DemandState,
    Leader,
    NodeEntry,
    OutputBlock,
    PlacedHash,
    TraceAnswer
} from "../../../contracts/types/Demand.sol";
import {Place, PlaceLib} from "../../../contracts/types/Place.sol";
import {Profile} from "../../../contracts/types/Profile.sol";
import {ProgramHeader} from "../../../contracts/types/ProgramHeader.sol";
import {TensorVM} from "../../../contracts/vm/TensorVM.sol";
import {SmallClaim} from "./SmallClaim.sol";

/// @notice A market, workers who answer and workers who do not, and demanders who demand anything at any time.
/// @dev Every second claim is right: its worker answers whatever is open before its deadline passes. `reached` counts what really happened.
contract DisputesHandler is CommonBase {
    enum Kind {
        Shards,
        Trace,
        Hashes,
        Chunk,
        Output
    }

    struct Claim {
        ClaimFacts facts;
        bytes32 key;
        uint256 tree;
        bool honest;
    }

    struct Asked {
        uint256 claim;
        Kind kind;
        /// Of a trace: its place there; of a shard: its place among the shards.
        uint64 place;
        uint256 amount;
    }

    uint256 private constant _MAX_CLAIMS = 12;
    uint32 public constant WINDOW = 120;
    uint32 public constant ANSWER = 30;
    uint32 public constant DESCEND = 20;

    DisputeManager public immutable disputes;
    address[4] public accounts;
    /// @notice Wei that belong to nobody any more.
    uint256 public burned;

    mapping(bytes32 step => uint256) public reached;
    Claim[] private _claims;
    Asked[] private _asked;
    /// @dev What the judge owed a payer before its demand.
    uint256 private _owed;

    constructor() {
        Profile memory p = Profile({
            claimPeriod: 40,
            challengeWindow: WINDOW,
            manifestPeriod: 2000,
            answerPeriod: ANSWER,
            descendPeriod: DESCEND,
            expiryBps: 1500,
            expiryBurnBps: 5000,
            finderBps: 3500,
            burnBps: 3000,
            answerGwei: 1,
            sealAge: 1,
            kappa: 1,
            traceFloor: 5,
            traceWei: 1e7,
            leastWindow: 30
        });
        disputes = new DisputeManager(new TensorVM(), [p, p, p, p]);
        for (uint160 i; i < 4; ++i) accounts[i] = address(0xD000 + i);
    }

    function record(uint256 seed) external {
        if (_claims.length >= _MAX_CLAIMS || (_claims.length > 0 && seed % 6 > 0)) return;
        Claim storage c = _claims.push();
        c.key = bytes32(_claims.length);
        // Every third claim has the values of another one, so that answers of one are answers of the other.
        c.tree = _claims.length % 3 == 0 ? _claims.length - 1 : _claims.length;
        c.honest = _claims.length % 2 == 0;
        c.facts.outputsRoot = SmallClaim.outputsRoot(c.tree);
        c.facts.programRoot = SmallClaim.programRoot();
        (c.facts.shards, c.facts.to) = (2, 2);
        // Two workers, so that claims share their queues; a right claim never shares one with a silent worker's.
        c.facts.worker = accounts[c.honest ? 0 : 1 + (seed % 2)];
        c.facts.windowEnd = uint40(vm.getBlockTimestamp() + WINDOW);
        disputes.recordClaim(c.key, c.facts.hash());
        ++reached["record"];
    }

    /// @notice A demand anywhere: of the shards, of a trace, of an output, in a trace below its root or any place above.
    function demand(uint256 seed) external {
        if (_claims.length == 0) return;
        uint256 index = seed % _claims.length;
        uint64 shard = 2 + uint64((seed >> 8) % 2);
        uint256 kind = (seed >> 16) % 8;
        if (kind == 0) return _demand(Asked(index, Kind.Shards, 1, 0), 0, seed);
        if (kind < 3) return _demandTrace(Asked(index, Kind.Trace, shard, 0), seed);
        if (kind == 3) return _demandOutput(Asked(index, Kind.Output, shard, 0), seed);
        uint64 place = SmallClaim.places()[(seed >> 24) % 8];
        uint256 depth = SmallClaim.depth(place) - 1;
        _demandIn(index, place, (seed >> 32) % 2 == 0 ? depth : (seed >> 40) % (depth + 1), seed);
    }

    /// @notice A step below the latest demands, whether or not they are answered.
    function descend(uint256 seed) external {
        if (_asked.length == 0) return;
        Asked memory a = _asked[_asked.length - 1 - (seed % (_asked.length < 4 ? _asked.length : 4))];
        if (a.kind == Kind.Shards) {
            _demandTrace(Asked(a.claim, Kind.Trace, 2 + uint64((seed >> 16) % 2), 0), seed);
        } else if (a.kind == Kind.Trace) {
            _demandIn(a.claim, 2 * a.place + 1, 1, seed);
        } else if (a.kind == Kind.Hashes) {
            _demandIn(a.claim, 4 * a.place + uint64((seed >> 16) % 3), 2, seed);
        }
    }

    function respond(uint256 seed) external {
        for (uint256 i; i < _asked.length; ++i) {
            Asked memory a = _asked[((seed % _asked.length) + i) % _asked.length];
            if (stateOf(a) != DemandState.Open) continue;
            // A worker that lies is silent but for some answers.
            if (_claims[a.claim].honest || seed % 3 == 0) return _answer(a);
        }
    }

    /// @notice Nobody but the worker answers for a trace.
    function intrude(uint256 seed) external {
        if (_asked.length == 0) return;
        Asked memory a = _asked[seed % _asked.length];
        if (a.kind != Kind.Trace || stateOf(a) != DemandState.Open) return;
        Claim memory c = _claims[a.claim];
        ProgramHeader memory header = SmallClaim.header();
        TraceAnswer memory reply = SmallClaim.traceAt(c.tree, a.place);
        vm.prank(accounts[3]);
        try disputes.respondTrace(address(this), c.key, c.facts, header, reply, "") {
            ++reached["intruded"];
        } catch {
            ++reached["intruder"];
        }
    }

    function timeout(uint256 seed) external {
        if (_asked.length == 0) return;
        Asked memory a = _asked[seed % _asked.length];
        try disputes.timeout(address(this), _claims[a.claim].key, subjectOf(a)) {
            ++reached["timeout"];
        } catch {}
    }

    function close(uint256 seed) external {
        if (_claims.length == 0) return;
        Claim memory c = _claims[seed % _claims.length];
        if (vm.getBlockTimestamp() <= c.facts.windowEnd || disputes.factsHash(address(this), c.key) == 0) return;
        if (disputes.closeClaim(c.key, c.facts.worker) != 0) ++reached["close"];
        else ++reached["closeRefused"];
    }

    function giveBack(uint256 seed) external {
        if (_claims.length == 0) return;
        _giveBack(seed % _claims.length);
    }

    function withdraw(uint256 seed) external {
        address account = accounts[seed % 4];
        if (disputes.balanceOf(account) == 0) return;
        vm.prank(account);
        disputes.withdraw(payable(account));
        ++reached["withdraw"];
    }

    /// @notice Time passes; before a deadline of a right claim does, its worker answers.
    function pass(uint256 seed) public {
        uint256 until = vm.getBlockTimestamp() + 1 + (seed % 25);
        for (uint256 i; i < _asked.length; ++i) {
            Asked memory a = _asked[i];
            if (!_claims[a.claim].honest || stateOf(a) != DemandState.Open) continue;
            if (disputes.demandOf(address(this), _claims[a.claim].key, subjectOf(a)).time < until) _answer(a);
        }
        vm.warp(until);
    }

    /// @notice Everything ends: liars are timed out, the others closed, everybody is paid.
    function finish() external {
        for (uint256 i; i < _asked.length; ++i) {
            if (_claims[_asked[i].claim].honest && stateOf(_asked[i]) == DemandState.Open) _answer(_asked[i]);
        }
        vm.warp(vm.getBlockTimestamp() + 1 days);
        for (uint256 i; i < _asked.length; ++i) {
            try disputes.timeout(address(this), _claims[_asked[i].claim].key, subjectOf(_asked[i])) {} catch {}
        }
        for (uint256 i; i < _claims.length; ++i) {
            disputes.closeClaim(_claims[i].key, _claims[i].facts.worker);
            _giveBack(i);
        }
        for (uint256 i; i < 4; ++i) {
            if (disputes.balanceOf(accounts[i]) == 0) continue;
            vm.prank(accounts[i]);
            disputes.withdraw(payable(accounts[i]));
        }
    }

    function claims() external view returns (Claim[] memory) {
        return _claims;
    }

    function asked() external view returns (Asked[] memory) {
        return _asked;
    }

    function outcomeOf(uint256 claim) external view returns (Outcome memory) {
        return disputes.outcome(address(this), _claims[claim].key);
    }

    function subjectOf(Asked memory a) public view returns (bytes32) {
        if (a.kind == Kind.Output) return disputes.outputSubjectOf(OutputBlock(uint32(a.place - 2), 0, 0));
        uint256 tree = _claims[a.claim].tree;
        if (a.kind == Kind.Shards) return disputes.subjectOf(_marked(1), SmallClaim.outputsRoot(tree));
        if (a.kind == Kind.Trace) return disputes.traceSubjectOf(_marked(a.place), SmallClaim.leafAt(tree, a.place));
        return disputes.subjectOf(Place.wrap(a.place), SmallClaim.hashAt(tree, a.place));
    }

    function stateOf(Asked memory a) public view returns (DemandState) {
        return DemandState(disputes.demandOf(address(this), _claims[a.claim].key, subjectOf(a)).bits & 7);
    }

    /// @notice Whether it was given a place in the queue.
    function holdsPlace(Asked memory a) public view returns (bool) {
        return disputes.demandOf(address(this), _claims[a.claim].key, subjectOf(a)).priced >> 31 == 1;
    }

    function _marked(uint64 place) private pure returns (Place) {
        return PlaceLib.wrap(place | PlaceLib.OUTPUTS);
    }

    function _demandIn(uint256 index, uint64 place, uint256 levels, uint256 seed) private {
        _demand(Asked(index, place >= 20 ? Kind.Chunk : Kind.Hashes, place, 0), levels, seed);
    }

    /// @dev A demand of hashes or of a chunk, whose path has so many levels.
    function _demand(Asked memory a, uint256 levels, uint256 seed) private {
        Claim memory c = _claims[a.claim];
        PlacedHash memory target =
            a.kind == Kind.Shards
                ? PlacedHash(_marked(1), SmallClaim.outputsRoot(c.tree), new bytes32[](0))
                : PlacedHash(
                    Place.wrap(a.place),
                    SmallClaim.hashAt(c.tree, a.place),
                    SmallClaim.pathFrom(c.tree, a.place, levels)
                );
        NodeEntry memory entry = SmallClaim.entry();
        // Before the prank, which the next call takes, even one of a precompile.
        ProgramHeader memory header = SmallClaim.header();
        Leader memory leader;
        if (a.kind == Kind.Chunk && seed % 2 == 0) leader = _leader(a.claim);
        Admission memory anyone;
        uint256 value = _pay(seed);
        uint256 before = address(disputes).balance;
        try disputes.demand{value: value}(address(this), c.key, c.facts, header, entry, target, leader, anyone) {
            _note(a, before, seed, Place.unwrap(leader.place) == 0 ? bytes32("demand") : bytes32("join"));
        } catch {
            ++reached["refused"];
        }
    }

    function _demandTrace(Asked memory a, uint256 seed) private {
        Claim memory c = _claims[a.claim];
        PlacedHash memory target = PlacedHash(_marked(a.place), SmallClaim.leafAt(c.tree, a.place), new bytes32[](1));
        target.path[0] = SmallClaim.leafAt(c.tree, a.place ^ 1);
        Admission memory anyone;
        uint256 value = _pay(seed);
        uint256 before = address(disputes).balance;
        try disputes.demandTrace{value: value}(address(this), c.key, c.facts, target, anyone) {
            _note(a, before, seed, "demandTrace");
        } catch {
            ++reached["refused"];
        }
    }

    function _demandOutput(Asked memory a, uint256 seed) private {
        Claim memory c = _claims[a.claim];
        ProgramHeader memory header = SmallClaim.header();
        NodeEntry memory entry = SmallClaim.entry();
        OutputBlock memory where = OutputBlock(uint32(a.place - 2), 0, 0);
        Admission memory anyone;
        uint256 value = _pay(seed);
        uint256 before = address(disputes).balance;
        try disputes.demandOutput{value: value}(address(this), c.key, c.facts, header, entry, where, anyone) {
            _note(a, before, seed, "demandOutput");
        } catch {
            ++reached["refused"];
        }
    }

    /// @dev Funds a payer for a demand of any price and makes it the next caller.
    function _pay(uint256 seed) private returns (uint256 value) {
        address payer = accounts[(seed >> 48) % 4];
        value = 1e14;
        vm.deal(payer, payer.balance + value);
        _owed = disputes.balanceOf(payer);
        vm.prank(payer);
    }

    /// @dev What was taken is what the judge got, less what it owes its payer again.
    function _note(Asked memory a, uint256 before, uint256 seed, bytes32 what) private {
        uint256 excess = disputes.balanceOf(accounts[(seed >> 48) % 4]) - _owed;
        a.amount = address(disputes).balance - before - excess;
        _asked.push(a);
        ++reached[what];
    }

    /// @dev The latest chunk that somebody demands of the claim.
    function _leader(uint256 claim) private view returns (Leader memory leader) {
        for (uint256 i = _asked.length; i > 0; --i) {
            Asked memory a = _asked[i - 1];
            if (a.claim != claim || a.kind != Kind.Chunk) continue;
            return Leader(Place.wrap(a.place), SmallClaim.hashAt(_claims[claim].tree, a.place));
        }
    }

    function _answer(Asked memory a) private {
        Claim memory c = _claims[a.claim];
        ProgramHeader memory header = SmallClaim.header();
        if (a.kind == Kind.Trace) {
            TraceAnswer memory reply = SmallClaim.traceAt(c.tree, a.place);
            vm.prank(c.facts.worker);
            try disputes.respondTrace(address(this), c.key, c.facts, header, reply, "") {
                ++reached["respondTrace"];
            } catch {}
        } else if (a.kind == Kind.Output) {
            OutputBlock memory where = OutputBlock(uint32(a.place - 2), 0, 0);
            try
                disputes.respondOutput(
                    address(this),
                    c.key,
                    c.facts,
                    header,
                    where,
                    SmallClaim.outputAt(c.tree, a.place)
                )
            {
                ++reached["respondOutput"];
            } catch {}
        } else {
            _respond(a, c);
        }
    }

    function _respond(Asked memory a, Claim memory c) private {
        bool shards = a.kind == Kind.Shards;
        bytes memory data =
            shards
                ? abi.encodePacked(SmallClaim.leafAt(c.tree, 2), SmallClaim.leafAt(c.tree, 3))
                : SmallClaim.answerAt(c.tree, a.place);
        bytes32 hash = shards ? SmallClaim.outputsRoot(c.tree) : SmallClaim.hashAt(c.tree, a.place);
        try disputes.respond(address(this), c.key, shards ? _marked(1) : Place.wrap(a.place), hash, data) {
            ++reached["respond"];
        } catch {}
    }

    function _giveBack(uint256 claim) private {
        Outcome memory o = disputes.outcome(address(this), _claims[claim].key);
        if (!o.isFallen() && !o.closed) return;
        uint256 count;
        bytes32[] memory subjects = new bytes32[](_asked.length);
        for (uint256 i; i < _asked.length; ++i) {
            if (_asked[i].claim != claim) continue;
            subjects[count++] = subjectOf(_asked[i]);
            bool answered = stateOf(_asked[i]) == DemandState.Answered;
            if (answered && holdsPlace(_asked[i])) burned += _asked[i].amount / 5;
        }
        assembly ("memory-safe") {
            mstore(subjects, count)
        }
        if (count == 0) return;
        disputes.returnPrepayments(address(this), _claims[claim].key, subjects);
        ++reached[o.isFallen() ? bytes32("returnToPayers") : bytes32("returnToWorker")];
    }
}
