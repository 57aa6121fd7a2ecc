// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Pool} from "../types/Pool.sol";
import {Hop, PoolKeyLib} from "../types/PoolKey.sol";
import {Reserves} from "../types/Reserves.sol";
import {SwapMath} from "./SwapMath.sol";

/// @title What a route would give, without taking it
library Quotes {
    /// @dev A pool's reserves as the earlier steps of the same route would have left them.
    struct Step {
        uint256 id;
        Reserves reserves;
    }

    /// @dev The pool of a step, and whether the step goes from its token0 to its token1.
    function idOf(address from, Hop calldata hop) internal pure returns (uint256 id, bool zeroForOne) {
        zeroForOne = from < hop.tokenOut;
        (address token0, address token1) = zeroForOne ? (from, hop.tokenOut) : (hop.tokenOut, from);
        id = PoolKeyLib.idOf(token0, token1, hop.fee);
    }

    /// @dev Output of a route of pools that exist, rounded down at each step.
    function exactIn(
        mapping(uint256 id => Pool) storage pools,
        address token,
        Hop[] calldata hops,
        uint256 amount
    ) internal view returns (uint256) {
        Step[] memory steps = new Step[](hops.length);
        for (uint256 i = 0; i < hops.length; ++i) {
            amount = _trade(pools, steps, i, token, hops[i], amount, true);
            token = hops[i].tokenOut;
        }
        return amount;
    }

    /// @dev Input of a route of pools that exist, rounded up at each step, from the last to the first.
    function exactOut(
        mapping(uint256 id => Pool) storage pools,
        address tokenIn,
        Hop[] calldata hops,
        uint256 amount
    ) internal view returns (uint256) {
        Step[] memory steps = new Step[](hops.length);
        for (uint256 n = 0; n < hops.length; ++n) {
            uint256 i = hops.length - 1 - n;
            address from = i == 0 ? tokenIn : hops[i - 1].tokenOut;
            amount = _trade(pools, steps, n, from, hops[i], amount, false);
        }
        return amount;
    }

    /// @dev One step, which finds the reserves as the `count` steps before it left them and adds its own.
    function _trade(
        mapping(uint256 id => Pool) storage pools,
        Step[] memory steps,
        uint256 count,
        address from,
        Hop calldata hop,
        uint256 amount,
        bool isExactIn
    ) private view returns (uint256 other) {
        (uint256 id, bool zeroForOne) = idOf(from, hop);
        uint256 part = pools[id].track.protocolPart();
        Reserves reserves = _left(steps, count, id, pools[id].reserves);
        other = SwapMath.otherAmount(reserves, zeroForOne, hop.fee, amount, isExactIn);
        (uint256 amountIn, uint256 amountOut) = isExactIn ? (amount, other) : (other, amount);
        amountIn -= SwapMath.protocolFeeDown(amountIn, hop.fee, part);
        steps[count] = Step(id, reserves.swapped(zeroForOne, amountIn, amountOut));
    }

    function _left(Step[] memory steps, uint256 count, uint256 id, Reserves reserves) private pure returns (Reserves) {
        for (uint256 i = 0; i < count; ++i) if (steps[i].id == id) reserves = steps[i].reserves;
        return reserves;
    }
}
