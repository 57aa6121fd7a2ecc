// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {LiquidityMath} from "../../../contracts/exchange/LiquidityMath.sol";
import {PriceLog} from "../../../contracts/exchange/PriceLog.sol";
import {SwapMath} from "../../../contracts/exchange/SwapMath.sol";
import {Reserves, ReservesLib} from "../../../contracts/types/Reserves.sol";
import {Track, TrackLib} from "../../../contracts/types/Track.sol";

/// @notice Every pure rule of the exchange over its whole domain.
contract ExchangeFuzzTest is Test {
    uint256 private constant _MOST = ReservesLib.MOST;

    function testFuzz_productNeverFallsOnAnyTrade(
        uint112 r0,
        uint112 r1,
        uint112 amount,
        uint8 tier,
        uint8 part,
        bool zeroForOne,
        bool exactIn
    ) public view {
        (uint256 x, uint256 y) = (bound(r0, 1, _MOST), bound(r1, 1, _MOST));
        (uint256 rIn, uint256 rOut) = zeroForOne ? (x, y) : (y, x);
        uint256 fee = [uint256(1), 5, 30, 100][tier % 4];
        uint256 p = part % 2 == 0 ? 0 : bound(part, 6, 255);
        if (exactIn && rIn == _MOST) return;
        if (!exactIn && rOut == 1) return;
        uint256 a = exactIn ? bound(amount, 1, _MOST - rIn) : bound(amount, 1, rOut - 1);
        // Leave out what does not fit, by the model.
        if (!exactIn && _ceilIn(a, rIn, rOut, fee) > _MOST - rIn) return;
        uint256 amountIn = exactIn ? a : SwapMath.amountInUp(a, rIn, rOut, fee);
        uint256 amountOut = exactIn ? SwapMath.amountOutDown(a, rIn, rOut, fee) : a;
        uint256 taken = SwapMath.protocolFeeDown(amountIn, fee, p);
        Reserves left = ReservesLib.first(x, y).swapped(zeroForOne, amountIn - taken, amountOut);
        assertGe(left.reserve0() * left.reserve1(), x * y, "k fell");
        assertLt(amountOut, rOut);
        assertLe(taken * 6 * 10_000, amountIn * fee, "more than a sixth of the fee");
        if (exactIn) return;
        assertGe(SwapMath.amountOutDown(amountIn, rIn, rOut, fee), a, "input buys less");
        if (amountIn > 0) assertLt(SwapMath.amountOutDown(amountIn - 1, rIn, rOut, fee), a, "input not least");
    }

    function testFuzz_sharesNeverLoseToDepositOrExit(
        uint112 r0,
        uint112 r1,
        uint112 s,
        uint112 most0,
        uint112 most1
    ) public pure {
        (uint256 x, uint256 y, uint256 supply) = (bound(r0, 1, _MOST), bound(r1, 1, _MOST), bound(s, 1001, _MOST));
        uint256 q0 = (uint256(most0) * supply) / x;
        uint256 q1 = (uint256(most1) * supply) / y;
        if (q0 == 0 || q1 == 0) return;
        uint256 shares = LiquidityMath.sharesDown(most0, most1, x, y, supply);
        uint256 cost0 = LiquidityMath.costUp(shares, x, supply);
        uint256 cost1 = LiquidityMath.costUp(shares, y, supply);
        assertLe(cost0, most0);
        assertLe(cost1, most1);
        assertGe(cost0 * supply, shares * x);
        assertGe(cost1 * supply, shares * y);
        uint256 left = bound(most0, 1, supply - 1);
        assertLe(LiquidityMath.valueDown(left, x, supply) * supply, left * x);
        assertLt(LiquidityMath.valueDown(left, x, supply), x, "a reserve became zero");
    }

    function testFuzz_logAndPowerAreInverse(uint112 r0, uint112 r1) public pure {
        (uint256 x, uint256 y) = (bound(r0, 1, _MOST), bound(r1, 1, _MOST));
        uint256 power = PriceLog.exp2(PriceLog.ofRatio(x, y));
        uint256 exact = (y << 128) / x;
        assertApproxEqAbs(power, exact, exact / 1e9 + (exact >> 30) + 1);
    }

    function testFuzz_logIsOddAndGrows(uint112 r0, uint112 r1) public pure {
        (uint256 x, uint256 y) = (bound(r0, 2 ** 20, _MOST), bound(r1, 2 ** 20, _MOST));
        int256 log = PriceLog.ofRatio(x, y);
        assertApproxEqAbs(log, -PriceLog.ofRatio(y, x), 2 ** 36);
        if (y + y / 1e6 + 1 <= _MOST) assertGt(PriceLog.ofRatio(x, y + y / 1e6 + 1), log);
    }

    function test_logOfPowersOfTwoIsExact() public pure {
        for (uint256 i; i < 102; ++i) {
            assertEq(PriceLog.ofRatio(1, 1 << i), int256(i << 64));
            assertEq(PriceLog.ofRatio(1 << i, 1), -int256(i << 64));
            assertEq(PriceLog.exp2(int256(i << 64)), 1 << (128 + i));
            assertEq(PriceLog.exp2(-int256(i << 64)), 1 << (128 - i));
        }
    }

    function testFuzz_reservesKeepTheirFields(
        uint112 x,
        uint112 y,
        uint64 start,
        uint64 pause,
        int24 sum,
        bool charged
    ) public {
        (uint256 r0, uint256 r1) = (bound(x, 1, _MOST), bound(y, 1, _MOST));
        vm.warp(start);
        Reserves r = ReservesLib.first(1, 1).counted(int256(sum) * 16).withCharged(charged).withAmounts(r0, r1);
        vm.warp(uint256(start) + pause);
        assertEq(r.reserve0(), r0);
        assertEq(r.reserve1(), r1);
        assertEq(r.age(), pause % 2 ** 23);
        assertEq(r.sum(), int256(sum) * 16);
        assertEq(r.charged(), charged);
        Reserves later = r.withCharged(!charged).counted(-1 - int256(sum) * 16).withAmounts(r1, r0);
        assertEq(later.reserve0(), r1);
        assertEq(later.reserve1(), r0);
        assertEq(later.age(), 0);
        assertEq(later.sum(), -1 - int256(sum) * 16);
        assertEq(later.charged(), !charged);
    }

    function testFuzz_trackKeepsItsFields(int128 sum, uint16 newest, uint16 count, uint8 part) public pure {
        Track t = TrackLib.pack(sum, newest, count, ~part).withProtocolPart(part);
        assertEq(t.cumulative(), sum);
        assertEq(t.newest(), newest);
        assertEq(t.count(), count);
        assertEq(t.protocolPart(), part);
    }

    function _ceilIn(uint256 out, uint256 rIn, uint256 rOut, uint256 fee) private pure returns (uint256) {
        uint256 divisor = (rOut - out) * (10_000 - fee);
        return (rIn * out * 10_000 + divisor - 1) / divisor;
    }
}
