// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Pool} from "../types/Pool.sol";
import {Hop, PoolKey} from "../types/PoolKey.sol";
import {Reserves} from "../types/Reserves.sol";
import {SwapMath} from "./SwapMath.sol";

/// @title What a route would give, without taking it
library Quotes {
    /// @dev A pool's reserves as the earlier steps of the same route would have left them.
    struct Step {
        uint256 id;
        Reserves reserves;
    }

    /// @dev The pool between two tokens, and whether the first of them is its token0.
    function keyOf(address from, address to, uint16 fee) internal pure returns (PoolKey memory, bool) {
        return from < to ? (PoolKey(from, to, fee), true) : (PoolKey(to, from, fee), false);
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
            amount = _trade(pools, steps, i, token, hops[i], amount, true).amountOut;
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
            amount = _trade(pools, steps, n, from, hops[i], amount, false).amountIn;
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
    ) private view returns (SwapMath.Trade memory t) {
        (PoolKey memory key, bool zeroForOne) = keyOf(from, hop.tokenOut, hop.fee);
        uint256 id = key.id();
        Reserves reserves = pools[id].reserves;
        for (uint256 i = 0; i < count; ++i) if (steps[i].id == id) reserves = steps[i].reserves;
        uint256 part = pools[id].track.protocolPart();
        t = SwapMath.trade(reserves, zeroForOne, hop.fee, part, amount, isExactIn);
        steps[count] = Step(id, t.left);
    }
}
