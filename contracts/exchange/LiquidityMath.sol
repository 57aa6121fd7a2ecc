// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Reserves, ReservesLib} from "../types/Reserves.sol";
import {SwapMath} from "./SwapMath.sol";

/// @title Shares of a pool and what they stand for
/// @dev INVARIANT: reserve0 · reserve1 / shares² never falls: who adds pays rounded up, who removes gets rounded down.
library LiquidityMath {
    error TooFewShares(uint256 shares);

    /// @dev Shares that nobody can ever redeem, so that the price of one stays bounded.
    uint256 internal constant LOCKED = 1000;

    /// @dev Shares for the given most amounts, the locked ones included for a first deposit, and what they cost, rounded up.
    function dealDown(
        Reserves reserves,
        uint256 supply,
        uint256 most0,
        uint256 most1
    ) internal pure returns (uint256 shares, uint256 amount0, uint256 amount1) {
        if (!reserves.exists()) {
            (amount0, amount1) = (SwapMath.grown(0, most0), SwapMath.grown(0, most1));
            return (firstSharesDown(amount0, amount1), amount0, amount1);
        }
        (uint256 reserve0, uint256 reserve1) = (reserves.reserve0(), reserves.reserve1());
        (most0, most1) = (Math.min(most0, ReservesLib.MOST), Math.min(most1, ReservesLib.MOST));
        shares = sharesDown(most0, most1, reserve0, reserve1, supply);
        (amount0, amount1) = (costUp(shares, reserve0, supply), costUp(shares, reserve1, supply));
    }

    /// @dev What `shares` of `supply` give back.
    function valuesDown(uint256 shares, Reserves reserves, uint256 supply) internal pure returns (uint256, uint256) {
        return (valueDown(shares, reserves.reserve0(), supply), valueDown(shares, reserves.reserve1(), supply));
    }

    /// @dev Shares of the first deposit, the locked ones included: the geometric mean, rounded down. Amounts are below 2^102.
    function firstSharesDown(uint256 amount0, uint256 amount1) internal pure returns (uint256 shares) {
        shares = Math.sqrt(amount0 * amount1);
        require(shares > LOCKED, TooFewShares(shares));
    }

    /// @dev Most shares that both amounts pay for.
    function sharesDown(
        uint256 amount0,
        uint256 amount1,
        uint256 reserve0,
        uint256 reserve1,
        uint256 supply
    ) internal pure returns (uint256 shares) {
        shares = Math.min(Math.mulDiv(amount0, supply, reserve0), Math.mulDiv(amount1, supply, reserve1));
        require(shares > 0, TooFewShares(shares));
    }

    /// @dev What `shares` of `supply` cost; at most the amount of which `sharesDown` made them.
    function costUp(uint256 shares, uint256 reserve, uint256 supply) internal pure returns (uint256) {
        return Math.mulDiv(shares, reserve, supply, Math.Rounding.Ceil);
    }

    /// @dev The part of one reserve.
    function valueDown(uint256 shares, uint256 reserve, uint256 supply) internal pure returns (uint256) {
        return Math.mulDiv(shares, reserve, supply);
    }
}
