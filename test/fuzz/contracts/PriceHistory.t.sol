// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {PriceHistory} from "../../../contracts/exchange/PriceHistory.sol";
import {PriceLog} from "../../../contracts/exchange/PriceLog.sol";
import {Pool} from "../../../contracts/types/Pool.sol";
import {ReservesLib} from "../../../contracts/types/Reserves.sol";
import {TrackLib} from "../../../contracts/types/Track.sol";

/// @notice The history of a pool beside an exact sum that is kept with it.
contract PriceHistoryFuzzTest is Test {
    using PriceHistory for Pool;

    Pool private _pool;
    uint256 private _began;
    /// @dev Every moment at which the reserves changed, and the exact sum up to it, with 64 fractional bits.
    uint256[] private _times;
    int256[] private _sums;
    /// @dev log2 from each of those moments on.
    int256[] private _logs;

    function _start(uint256 time, uint256 r0, uint256 r1) private {
        vm.warp(time);
        _began = time;
        _pool.start(r0, r1);
        _pool.reserves = ReservesLib.first(r0, r1);
        _times.push(time);
        _sums.push(0);
        _logs.push(PriceLog.ofRatio(r0, r1));
    }

    function _change(uint256 pause, uint256 r0, uint256 r1) private {
        uint256 last = _times.length - 1;
        vm.warp(vm.getBlockTimestamp() + pause);
        _pool.reserves = _pool.advance(_pool.reserves).withAmounts(r0, r1);
        _times.push(vm.getBlockTimestamp());
        _sums.push(_sums[last] + _logs[last] * int256(pause));
        _logs.push(PriceLog.ofRatio(r0, r1));
    }

    /// @dev The exact sum up to any moment since the start.
    function _sumAt(uint256 time) private view returns (int256) {
        uint256 i = _times.length - 1;
        while (_times[i] > time) --i;
        return _sums[i] + _logs[i] * int256(time - _times[i]);
    }

    function _random(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }

    /// @dev Mostly blocks apart, now and then hours; any two reserves.
    function _live(uint256 seed, uint256 changes) private {
        for (uint256 i; i < changes; ++i) {
            uint256 r = _random(seed, i);
            uint256 pause = r % 8 == 0 ? (r >> 8) % 30 hours : (r >> 8) % 60;
            _change(pause, 1 + ((r >> 32) & ReservesLib.MOST), 1 + ((r >> 140) & (ReservesLib.MOST >> (r >> 250))));
        }
    }

    function testFuzz_everyMeanIsExactButForTheStatedRounding(
        uint64 seed,
        uint40 time,
        uint32 window,
        uint16 wait
    ) public {
        _start(uint256(time) + 1, 1 + (seed % 1000), 1 + (seed >> 40));
        _live(seed, 60);
        vm.warp(vm.getBlockTimestamp() + wait);
        uint256 now_ = vm.getBlockTimestamp();
        uint256 age = bound(window, 1, (now_ - _began) < 90 days ? now_ - _began : 90 days - 30 hours);
        (int256 mean, uint256 elapsed) = _pool.mean(age);
        assertGe(elapsed, age);
        int256 exact = _sumAt(now_) - _sumAt(now_ - elapsed);
        // Half of 2^-8 at each change, of which there are 60, and one unit for the division.
        assertApproxEqAbs(mean * int256(elapsed), exact, 60 * 2 ** 55 + elapsed);
    }

    /// @notice A mean that is no whole number of 2^-64 is rounded down, below zero too, where a plain division would round it up.
    function testFuzz_aMeanBelowZeroIsRoundedDown(uint64 first, uint64 second, uint16 before, uint16 after_) public {
        // Within one hour, so that the sum is known to the bit: what had lasted when the reserves changed, rounded to 2^-8, and the rest exactly.
        (uint256 t1, uint256 t2) = (bound(before, 1, 1_700), bound(after_, 1, 1_700));
        _start(1_000 hours, uint256(first) + 2, 1);
        _change(t1, uint256(second) + 2, 1);
        vm.warp(vm.getBlockTimestamp() + t2);
        int256 kept = (_logs[0] * int256(t1) + (1 << 55)) >> 56;
        int256 sum = (kept << 56) + _logs[1] * int256(t2);
        (int256 mean, uint256 elapsed) = _pool.mean(t1 + t2);
        assertEq(elapsed, t1 + t2);
        assertLt(sum, 0);
        // The only whole number with mean · elapsed <= sum < (mean + 1) · elapsed.
        assertLe(mean * int256(elapsed), sum);
        assertGt((mean + 1) * int256(elapsed), sum);
    }

    function testFuzz_observationsAreOfHoursAndExact(uint64 seed, uint40 time) public {
        _start(uint256(time) + 1, 10 ** 18, 3 * 10 ** 18);
        _live(seed, 60);
        uint256 count = _pool.track.count();
        for (uint256 back; back + 1 < count; ++back) {
            uint256 began = _moment(_pool.stepsBack(back).time);
            assertEq(began % 1 hours, 0);
            assertGt(began, _moment(_pool.stepsBack(back + 1).time));
            assertApproxEqAbs(_pool.stepsBack(back).cumulative, _sumAt(began), 60 * 2 ** 55);
        }
    }

    /// @dev The full time of seconds modulo 2^32.
    function _moment(uint32 time) private view returns (uint256) {
        unchecked {
            return vm.getBlockTimestamp() - (uint32(vm.getBlockTimestamp()) - time);
        }
    }

    /// @notice A change in every block, each rounded the same way by the worst price there is: the bound that is documented.
    function testFuzz_aChangeInEveryBlockMovesTheMeanByLessThanStated(uint8 spacing, uint112 x, uint112 y) public {
        uint256 block_ = bound(spacing, 1, 12);
        (uint256 r0, uint256 r1) = (bound(x, 1, ReservesLib.MOST), bound(y, 1, ReservesLib.MOST));
        _start(1_000 hours, r0, r1);
        for (uint256 i; i < 300; ++i) _change(block_, r0, r1);
        (int256 mean, uint256 elapsed) = _pool.mean(300 * block_);
        assertEq(elapsed, 300 * block_);
        assertApproxEqAbs(mean, _logs[0], 2 ** 55 / block_ + 1);
        // 2^(2^-9) is 1.00135.
        assertLt(PriceLog.exp2(int256(2 ** 55 / block_)), (2 ** 128 * (100_000 * block_ + 140)) / (100_000 * block_));
    }

    /// @notice A sum that overflows, as after eons, leaves every difference and so every mean as it is.
    function testFuzz_cumulativeOverflowIsBenign(uint64 seed, bool up) public {
        _start(1_000 hours, 1, up ? ReservesLib.MOST : 1);
        if (!up) _change(0, ReservesLib.MOST, 1);
        int128 edge = up ? type(int128).max : type(int128).min;
        _pool.track = TrackLib.pack(edge, 0, 1, 0);
        _pool.ring[0].cumulative = edge;
        _change(30 hours, 1, 1);
        assertTrue(up ? _pool.track.cumulative() < 0 : _pool.track.cumulative() > 0, "it did not overflow");
        _live(seed, 40);
        uint256 now_ = vm.getBlockTimestamp();
        (int256 mean, uint256 elapsed) = _pool.mean(now_ - _began);
        assertApproxEqAbs(mean * int256(elapsed), _sumAt(now_), 42 * 2 ** 55 + elapsed);
    }

    /// @notice Seconds run over too, those of observations after 136 years and those of reserves every 97 days.
    function testFuzz_clocksMayRunOver(uint64 seed, uint16 before) public {
        _start(2 ** 32 - 1 - before, 10 ** 18, 7 * 10 ** 18);
        _live(seed, 60);
        uint256 now_ = vm.getBlockTimestamp();
        vm.assume(now_ > 2 ** 32 && now_ - _began < 90 days);
        (int256 mean, uint256 elapsed) = _pool.mean(now_ - _began);
        assertEq(elapsed, now_ - _began);
        assertApproxEqAbs(mean * int256(elapsed), _sumAt(now_), 60 * 2 ** 55 + elapsed);
    }

    /// @notice A pause of any length, that of exactly 2^23 seconds included, makes no mean wrong: it is refused, and after it right again.
    function testFuzz_noPauseMakesAMeanWrong(uint64 seed, uint40 pause, uint8 turns) public {
        _start(1_000 hours, 10 ** 18, 10 ** 20);
        _live(seed, 5);
        // Half of the time a whole number of turns of the word's clock, and seconds more within the same hour.
        uint256 length = seed % 2 == 0 ? (1 + uint256(turns)) * 2 ** 23 + (pause % 100) : uint256(pause) + 100 days;
        _change(length, 10 ** 20, 10 ** 18);
        this.refusesOldHistory();
        // What the clock could not tell is never part of a mean, whatever window is asked for.
        for (uint256 i; i < 12; ++i) {
            _change(50 minutes, 10 ** 20 + i, 10 ** 18);
            for (uint256 window = 1; window < 6 hours; window += 17 minutes) _checkOrRefused(window);
        }
    }

    function refusesOldHistory() external {
        vm.expectPartialRevert(PriceHistory.HistoryTooOld.selector);
        this.meanOf(2 hours);
    }

    function meanOf(uint256 window) external view returns (int256, uint256) {
        return _pool.mean(window);
    }

    function _checkOrRefused(uint256 window) private view {
        try this.meanOf(window) returns (int256 mean, uint256 elapsed) {
            uint256 now_ = vm.getBlockTimestamp();
            assertApproxEqAbs(mean * int256(elapsed), _sumAt(now_) - _sumAt(now_ - elapsed), 20 * 2 ** 55 + elapsed);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), PriceHistory.HistoryTooOld.selector);
        }
    }
}
