// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {Bounded, BoundedLib} from "../../../contracts/libraries/Bounded.sol";
import {JobRules} from "../../../contracts/market/JobRules.sol";
import {Splits} from "../../../contracts/market/Splits.sol";
import {ClaimFacts} from "../../../contracts/types/Claim.sol";
import {Profile, ProfileWord, ProfileWordLib} from "../../../contracts/types/Profile.sol";
import {Terms} from "../../../contracts/types/Terms.sol";

/// @notice Every pure rule with money in it, over its whole domain.
contract RulesFuzzTest is Test {
    using BoundedLib for Bounded;

    Bounded private _bounded;

    function testFuzz_profileSurvivesItsWord(Profile memory p) public pure {
        _makeValid(p);
        Profile memory q = ProfileWordLib.pack(p).unpack();
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
        assertEq(JobRules.id(t), keccak256(abi.encode(block.chainid, address(this), t)));
        assertEq(
            JobRules.key(jobId, unit, attempt, worker),
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
        p.claimPeriod = uint32(bound(p.claimPeriod, 1, type(uint32).max));
        p.challengeWindow = uint32(bound(p.challengeWindow, 1, type(uint32).max));
        p.manifestPeriod = uint32(bound(p.manifestPeriod, 1, type(uint32).max));
        p.answerPeriod = uint32(bound(p.answerPeriod, 1, type(uint32).max));
        p.descendPeriod = uint32(bound(p.descendPeriod, 1, type(uint32).max));
        p.expiryBps = uint16(bound(p.expiryBps, 1000, 2000));
        p.expiryBurnBps = uint16(bound(p.expiryBurnBps, 5000, 10_000));
        p.finderBps = uint16(bound(p.finderBps, 0, 4000));
        p.burnBps = uint16(bound(p.burnBps, 2500, 10_000 - p.finderBps));
        p.answerGwei = uint32(bound(p.answerGwei, 1, type(uint32).max));
    }
}
