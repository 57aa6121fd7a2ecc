// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {DisputeManager} from "../../../contracts/dispute/DisputeManager.sol";
import {ClaimFacts, Outcome} from "../../../contracts/types/Claim.sol";
import {DemandState, NodeEntry, PlacedHash} from "../../../contracts/types/Demand.sol";
import {Place} from "../../../contracts/types/Place.sol";
import {Profile} from "../../../contracts/types/Profile.sol";
import {ProgramHeader} from "../../../contracts/types/Program.sol";
import {TensorVM} from "../../../contracts/vm/TensorVM.sol";
import {SmallClaim} from "./SmallClaim.sol";

/// @notice A market, workers who answer and workers who do not, and demanders who demand anything at any time.
/// @dev Every second claim is right: its worker answers whatever is open before its deadline passes. `reached` counts what really happened.
contract DisputesHandler is CommonBase {
    struct Claim {
        ClaimFacts facts;
        bytes32 key;
        uint256 tree;
        bool honest;
    }

    struct Asked {
        uint256 claim;
        Place place;
        uint256 amount;
    }

    uint256 private constant _MAX_CLAIMS = 12;
    uint32 public constant WINDOW = 120;
    uint32 public constant ANSWER = 30;
    uint32 public constant DESCEND = 20;

    DisputeManager public immutable disputes;
    address[4] public accounts;

    mapping(bytes32 step => uint256) public reached;
    Claim[] private _claims;
    Asked[] private _asked;

    constructor() {
        Profile memory p = Profile(300, WINDOW, 2000, ANSWER, DESCEND, 1500, 5000, 3500, 3000, 1);
        disputes = new DisputeManager(new TensorVM(), p, p, p);
        for (uint160 i; i < 4; ++i) accounts[i] = address(0xD000 + i);
    }

    function record(uint256 seed) external {
        if (_claims.length >= _MAX_CLAIMS || (_claims.length > 0 && seed % 6 > 0)) return;
        Claim storage c = _claims.push();
        c.key = bytes32(_claims.length);
        // Every third claim has the values of another one, so that answers of one are answers of the other.
        c.tree = _claims.length % 3 == 0 ? _claims.length - 1 : _claims.length;
        c.honest = _claims.length % 2 == 0;
        c.facts.claimRoot = SmallClaim.hashAt(c.tree, 1);
        c.facts.programRoot = SmallClaim.programRoot();
        (c.facts.shards, c.facts.to) = (2, 2);
        c.facts.worker = accounts[seed % 4];
        c.facts.windowEnd = uint40(vm.getBlockTimestamp() + WINDOW);
        disputes.recordClaim(c.key, c.facts.hash());
        ++reached["record"];
    }

    /// @notice A demand anywhere, from the root or from any place above.
    function demand(uint256 seed) external {
        if (_claims.length == 0) return;
        uint64 place = SmallClaim.places()[(seed >> 16) % 11];
        uint256 depth = SmallClaim.depth(place);
        uint256 levels = (seed >> 32) % 2 == 0 ? depth : (seed >> 40) % (depth + 1);
        _demand(seed % _claims.length, place, levels, seed);
    }

    /// @notice A step below the latest demands, whether or not they are answered.
    function descend(uint256 seed) external {
        if (_asked.length == 0) return;
        Asked memory a = _asked[_asked.length - 1 - (seed % (_asked.length < 4 ? _asked.length : 4))];
        uint64 above = Place.unwrap(a.place);
        if (above >= 20) return;
        (uint64 place, uint256 levels) = above == 1
            ? (2 + uint64((seed >> 16) % 2), 1)
            : above < 4
                ? (2 * above + 1, 1)
                : (4 * above + uint64((seed >> 16) % 3), 2);
        _demand(a.claim, place, levels, seed);
    }

    function respond(uint256 seed) external {
        for (uint256 i; i < _asked.length; ++i) {
            Asked memory a = _asked[((seed % _asked.length) + i) % _asked.length];
            if (stateOf(a) != DemandState.Open) continue;
            // A worker that lies is silent but for some answers.
            if (_claims[a.claim].honest || seed % 3 == 0) return _answer(a);
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
        if (disputes.closeClaim(c.key, c.facts.worker)) ++reached["close"];
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
        for (uint256 i; i < 20; ++i) pass(24);
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
        return disputes.subjectOf(a.place, SmallClaim.hashAt(_claims[a.claim].tree, Place.unwrap(a.place)));
    }

    function stateOf(Asked memory a) public view returns (DemandState) {
        return DemandState(disputes.demandOf(address(this), _claims[a.claim].key, subjectOf(a)).bits & 7);
    }

    function _demand(uint256 index, uint64 place, uint256 levels, uint256 seed) private {
        Claim memory c = _claims[index];
        PlacedHash memory target = PlacedHash(
            Place.wrap(place),
            SmallClaim.hashAt(c.tree, place),
            SmallClaim.pathFrom(c.tree, place, levels)
        );
        NodeEntry memory entry = SmallClaim.entry();
        // Before the prank, which the next call takes, even one of a precompile.
        ProgramHeader memory header = SmallClaim.header();
        uint256 price = disputes.priceOf(address(this), c.key, 0);
        address payer = accounts[(seed >> 48) % 4];
        uint256 value = price + ((seed >> 56) % 3);
        vm.deal(payer, payer.balance + value);
        vm.prank(payer);
        try disputes.demand{value: value}(address(this), c.key, c.facts, header, entry, target) {
            _asked.push(Asked(index, target.place, price));
            ++reached[levels == SmallClaim.depth(place) ? bytes32("demand") : bytes32("descend")];
        } catch {
            ++reached["refused"];
        }
    }

    function _answer(Asked memory a) private {
        uint256 tree = _claims[a.claim].tree;
        uint256 place = Place.unwrap(a.place);
        bytes memory data = SmallClaim.answerAt(tree, place);
        try disputes.respond(address(this), _claims[a.claim].key, a.place, SmallClaim.hashAt(tree, place), data) {
            ++reached["respond"];
        } catch {}
    }

    function _giveBack(uint256 claim) private {
        uint256 count;
        bytes32[] memory subjects = new bytes32[](_asked.length);
        for (uint256 i; i < _asked.length; ++i) if (_asked[i].claim == claim) subjects[count++] = subjectOf(_asked[i]);
        assembly ("memory-safe") {
            mstore(subjects, count)
        }
        if (count == 0) return;
        Outcome memory o = disputes.outcome(address(this), _claims[claim].key);
        if (!o.fallen && !o.closed) return;
        disputes.returnPrepayments(address(this), _claims[claim].key, subjects);
        ++reached[o.fallen ? bytes32("returnToPayers") : bytes32("returnToWorker")];
    }
}
