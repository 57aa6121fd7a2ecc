// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {DemandWord, DemandWordLib} from "../../../contracts/dispute/DemandWord.sol";
import {OutcomeWord, OutcomeWordLib} from "../../../contracts/dispute/OutcomeWord.sol";
import {Price} from "../../../contracts/dispute/Price.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {Bounded, BoundedLib} from "../../../contracts/libraries/Bounded.sol";
import {JobRules} from "../../../contracts/market/JobRules.sol";
import {Splits} from "../../../contracts/market/Splits.sol";
import {ClaimFacts, Outcome} from "../../../contracts/types/Claim.sol";
import {Demand, DemandState} from "../../../contracts/types/Demand.sol";
import {Profile} from "../../../contracts/types/Profile.sol";
import {ProfileWord, ProfileWordLib} from "../../../contracts/types/ProfileWord.sol";
import {TraceWord, TraceWordLib} from "../../../contracts/types/TraceWord.sol";
import {Terms} from "../../../contracts/types/Terms.sol";

/// @notice Every pure rule with money in it, over its whole domain.
contract RulesFuzzTest is Test {
    using BoundedLib for Bounded;

    Bounded private _bounded;

    function testFuzz_profileSurvivesItsWord(Profile memory p) public pure {
        _makeValid(p);
        TraceWord trace = TraceWordLib.pack(p);
        Profile memory q = ProfileWordLib.pack(p).unpack(trace);
        assertEq(keccak256(abi.encode(q)), keccak256(abi.encode(p)));
        ProfileWord word = ProfileWordLib.pack(p);
        assertEq(word.claimPeriod(), p.claimPeriod);
        assertEq(word.challengeWindow(), p.challengeWindow);
        assertEq(word.manifestPeriod(), p.manifestPeriod);
        assertEq(word.expiryBps(), p.expiryBps);
        assertEq(word.expiryBurnBps(), p.expiryBurnBps);
        assertEq(word.finderBps(), p.finderBps);
        assertEq(word.burnBps(), p.burnBps);
        assertEq(word.answerPeriod(), p.answerPeriod);
        assertEq(word.descendPeriod(), p.descendPeriod);
        assertEq(word.answerGwei(), p.answerGwei);
        assertEq(trace.sealAge(), p.sealAge);
        assertEq(trace.kappa(), p.kappa);
        assertEq(trace.traceFloor(), p.traceFloor);
        assertEq(trace.traceWei(), p.traceWei);
        assertEq(trace.leastWindow(), p.leastWindow);
    }

    function testFuzz_expiryTakesTenToTwentyPerCentAndBurnsHalf(uint96 lock, Profile memory p) public pure {
        _makeValid(p);
        IProviderRegistry.Split memory s = Splits.ofExpiry(lock, ProfileWordLib.pack(p), address(1));
        uint256 penalty = uint256(s.burned) + s.toPoster;
        assertGe(penalty * 10_000, uint256(lock) * 1000);
        assertLe(penalty * 10_000, uint256(lock) * 2000 + 10_000);
        assertLe(penalty, lock);
        assertGe(s.burned, s.toPoster);
        assertEq(s.toFinder, 0);
        assertEq(s.poster, address(1));
    }

    function testFuzz_forfeitTakesTheWholeLockAndNeverRewardsTheCheat(uint96 lock, Profile memory p) public pure {
        _makeValid(p);
        ProfileWord word = ProfileWordLib.pack(p);
        IProviderRegistry.Split memory s = Splits.ofForfeit(lock, word, address(1), address(2));
        assertEq(uint256(s.burned) + s.toPoster + s.toFinder, lock);
        assertGe(uint256(s.burned) * 10_000, uint256(lock) * 2500);
        assertLe(uint256(s.toFinder) * 10_000, uint256(lock) * 4000);
        IProviderRegistry.Split memory nobody = Splits.ofForfeit(lock, word, address(1), address(0));
        assertEq(uint256(nobody.burned) + nobody.toPoster, lock);
        assertEq(nobody.toPoster, s.toPoster);
        assertEq(nobody.toFinder, 0);
    }

    /// @notice Silence pays a tenth, burns 30% at least and keeps the rest for a verdict, whose parts are what the reserve takes in.
    function testFuzz_silenceKeepsMostForTheVerdict(uint96 lock) public pure {
        IProviderRegistry.Split memory s = Splits.ofSilence(lock, address(2), address(3));
        (uint96 half, uint96 tenth) = Splits.reserved(lock);
        assertEq(uint256(s.burned) + s.toPoster + s.toFinder + s.toReserve, lock);
        assertEq(s.toReserve, uint256(half) + tenth);
        assertEq(s.toPoster, 0);
        assertLe(uint256(s.toFinder) * 10, lock);
        assertGe(uint256(s.burned) * 10, uint256(lock) * 3);
        assertLe(uint256(half) * 2, lock);
        assertEq(s.finder, address(2));
        assertEq(s.reserve, address(3));
    }

    /// @notice A price is stored rounded up by less than a part in 2^23, and any price that a profile can ask for fits.
    function testFuzz_priceSurvivesItsCode(uint88 amount) public pure {
        uint256 price = bound(amount, 0, uint256(type(uint24).max) << 63);
        uint256 code = Price.encode(price);
        uint256 taken = Price.decode(code);
        assertLt(code, 1 << 30);
        assertGe(taken, price);
        assertLe(taken - price, price >> 23);
        assertEq(Price.encode(taken), code);
    }

    /// @notice The slot of a demand gives back what was put in.
    function testFuzz_demandSurvivesItsWord(
        address payer,
        uint32 deadline,
        uint32 count,
        uint32 price,
        bool queued,
        uint8 span
    ) public view {
        uint256 leaves = bound(count, 0, 1 << 24);
        (span, price) = (span % 8, price % (1 << 30));
        uint8 index = span % 4;
        DemandWord d = DemandWordLib.opened(payer, deadline, leaves, price, queued, span, index);
        assertEq(d.payer(), payer);
        assertEq(d.time(), deadline);
        assertEq(d.leaves(), leaves);
        assertEq(d.price(), Price.decode(price));
        assertEq(d.holdsPlace(), queued);
        assertEq(d.span(), span);
        assertEq(d.profile(), index);
        assertTrue(d.state() == DemandState.Open);
        Demand memory unpacked = d.unpack();
        assertEq(unpacked.payer, payer);
        assertEq(unpacked.time, deadline);
        assertEq(unpacked.lastLeaf, leaves == 0 ? 0 : leaves - 1);
        assertEq(unpacked.priced & 0x3fffffff, price);
        assertEq(unpacked.priced >> 31 == 1, queued);
        assertEq(unpacked.bits & 7, 1);
        DemandWord answered = d.answered();
        assertEq(answered.time(), block.timestamp);
        assertEq(answered.leaves(), leaves);
        assertTrue(answered.state() == DemandState.Answered);
    }

    /// @notice The slot of an outcome gives back what was put in, and each change changes what it says.
    function testFuzz_outcomeSurvivesItsWord(Outcome memory o, address payee, uint32 hold) public pure {
        OutcomeWord word = OutcomeWordLib.pack(o);
        assertEq(keccak256(abi.encode(word.unpack())), keccak256(abi.encode(o)));
        Outcome memory held = word.withHold(hold).unpack();
        assertEq(held.holdUntil, hold > o.holdUntil ? hold : o.holdUntil);
        held.holdUntil = o.holdUntil;
        assertEq(keccak256(abi.encode(held)), keccak256(abi.encode(o)));
        Outcome memory closed = word.withClosed(payee).unpack();
        assertEq(closed.prover, payee);
        assertTrue(closed.closed);
        (o.fallen, o.closed) = (0, false);
        Outcome memory fallen = OutcomeWordLib.pack(o).withFall(payee, 2).unpack();
        assertEq(fallen.fallen, 2);
        assertEq(fallen.queued, 0);
        assertEq(fallen.open, o.open);
        assertEq(fallen.prover, payee);
    }

    /// @notice However the shards are divided into settlements, their tips sum to the pot and none waits longer for a smaller share.
    function testFuzz_tipSharesSumExactly(uint96 pot, uint8 parts, uint256 seed) public pure {
        uint256 left = uint256(parts) + 1;
        uint256 rest = pot;
        while (left > 0) {
            uint256 shards = 1 + (seed % left);
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 tip = Splits.ofTips(rest, shards, left);
            assertLe(tip * left, rest * shards);
            assertGt((tip + 1) * left, rest * shards);
            rest -= tip;
            left -= shards;
        }
        assertEq(rest, 0);
    }

    function testFuzz_cancelledFeeIsATenthAndNeverMore(uint32 shards, uint96 fee) public pure {
        uint256 kept = Splits.ofCancelledFee(shards, fee);
        assertEq(kept, (uint256(shards) * fee) / 10);
    }

    /// @notice The units of a job cover its shards once, in order, without a gap.
    function testFuzz_unitsPartitionTheShards(Terms calldata t, uint32 unit) public pure {
        vm.assume(t.shards > 0 && t.shardsPerClaim > 0 && t.shardsPerClaim <= 1024);
        uint256 count = JobRules.unitCount(t);
        uint32 last = uint32(count - 1);
        uint32 k = uint32(bound(unit, 0, last));
        (uint32 from, uint32 to) = JobRules.range(t, k);
        assertLt(from, to);
        assertLe(to - from, t.shardsPerClaim);
        assertEq(from, uint256(k) * t.shardsPerClaim);
        if (k == last) assertEq(to, t.shards);
        else assertEq(to - from, t.shardsPerClaim);
        assertEq(JobRules.shardsOf(t, k), to - from);
    }

    function testFuzz_escrowIsExactOrRefused(Terms memory t, uint8 shift) public {
        // Without it the product would nearly always be too large.
        (t.pricePerShard, t.keeperFee) = (t.pricePerShard >> (shift % 96), t.keeperFee >> (shift % 96));
        uint256 wanted = t.shards * (uint256(t.pricePerShard) + t.keeperFee);
        if (wanted > type(uint96).max) vm.expectRevert();
        assertEq(this.escrowOf(t), wanted > type(uint96).max ? 0 : wanted);
    }

    function testFuzz_namesAreTheHashOfTheEncoding(
        Terms calldata t,
        bytes32 jobId,
        uint32 unit,
        uint16 attempt,
        address worker
    ) public view {
        assertEq(JobRules.id(t, block.chainid), keccak256(abi.encode(block.chainid, address(this), t)));
        assertEq(
            JobRules.key(block.chainid, jobId, unit, attempt, worker),
            keccak256(abi.encode(block.chainid, address(this), jobId, unit, attempt, worker))
        );
    }

    function testFuzz_factsHashIsTheHashOfTheEncoding(ClaimFacts memory facts) public pure {
        assertEq(facts.hash(), keccak256(abi.encode(facts)));
    }

    function testFuzz_governedNumbersMoveByAQuarterAWeek(uint128 current, uint128 next, uint32 wait) public {
        current = uint128(bound(current, 1, type(uint128).max));
        _bounded.init(current);
        vm.warp(vm.getBlockTimestamp() + wait);
        uint256 distance = next > current ? next - current : current - next;
        bool near = distance <= current / 4 || distance <= 1;
        bool allowed = next > 0 && near && wait >= 7 days;
        if (!allowed) vm.expectRevert();
        this.change(next);
        assertEq(_bounded.value, allowed ? next : current);
    }

    function escrowOf(Terms calldata t) external pure returns (uint96) {
        return JobRules.escrow(t);
    }

    function change(uint128 next) external {
        _bounded.change(next);
    }

    /// @dev Brings random fields into the bounds that a deployment checks.
    function _makeValid(Profile memory p) private pure {
        p.kappa = uint8(bound(p.kappa, 1, 16));
        p.claimPeriod = uint32(bound(p.claimPeriod, 1, (1 << 19) / p.kappa));
        p.challengeWindow = uint32(bound(p.challengeWindow, 1, 1 << 26));
        p.manifestPeriod = uint32(bound(p.manifestPeriod, 1, 1 << 26));
        p.answerPeriod = uint32(bound(p.answerPeriod, 1, 1 << 26));
        p.descendPeriod = uint32(bound(p.descendPeriod, 1, 1 << 26));
        p.sealAge = uint32(bound(p.sealAge, 1, p.descendPeriod));
        p.traceFloor = uint32(bound(p.traceFloor, 1, 1 << 19));
        p.traceWei = uint64(bound(p.traceWei, 1, 1e15));
        p.leastWindow = uint32(bound(p.leastWindow, 1, p.challengeWindow));
        p.expiryBps = uint16(bound(p.expiryBps, 1000, 2000));
        p.expiryBurnBps = uint16(bound(p.expiryBurnBps, 5000, 10_000));
        p.finderBps = uint16(bound(p.finderBps, 0, 4000));
        p.burnBps = uint16(bound(p.burnBps, 2500, 10_000 - p.finderBps));
        p.answerGwei = uint32(bound(p.answerGwei, 1, type(uint32).max));
    }
}
