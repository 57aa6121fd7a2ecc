// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Reserves, ReservesLib} from "../types/Reserves.sol";

/// @title Amounts of a swap against x · y = k
/// @dev Reserves and amounts are below 2^102 and the fee below 10^4, so that every product here stays below 2^218.
/// INVARIANT: reserveIn · reserveOut never falls, because every rounding favours the pool.
library SwapMath {
    error ReserveTooSmall(uint256 wanted, uint256 reserve);

    uint256 internal constant BPS = 10_000;

    /// @dev Output of the swap of an exact input, or input of the swap for an exact output.
    function otherAmount(
        Reserves reserves,
        bool zeroForOne,
        uint256 fee,
        uint256 amount,
        bool exactIn
    ) internal pure returns (uint256) {
        (uint256 rIn, uint256 rOut) = reserves.ordered(zeroForOne);
        return exactIn ? amountOutDown(amount, rIn, rOut, fee) : amountInUp(amount, rIn, rOut, fee);
    }

    /// @dev Output for `amountIn`, rounded down; below `reserveOut`.
    function amountOutDown(
        uint256 amountIn,
        uint256 reserveIn,
        uint256 reserveOut,
        uint256 fee
    ) internal pure returns (uint256) {
        _requireSmall(amountIn);
        unchecked {
            uint256 charged = amountIn * (BPS - fee);
            return _divDown(charged * reserveOut, reserveIn * BPS + charged);
        }
    }

    /// @dev Least input that gives `amountOut`, rounded up.
    function amountInUp(
        uint256 amountOut,
        uint256 reserveIn,
        uint256 reserveOut,
        uint256 fee
    ) internal pure returns (uint256 amountIn) {
        if (amountOut >= reserveOut) revert ReserveTooSmall(amountOut, reserveOut);
        unchecked {
            uint256 divisor = (reserveOut - amountOut) * (BPS - fee);
            amountIn = _divDown(reserveIn * amountOut * BPS + divisor - 1, divisor);
        }
        _requireSmall(amountIn);
    }

    /// @dev The protocol's part of the fee on `amountIn`, one in `part`, rounded down; nothing if `part` is zero.
    function protocolFeeDown(uint256 amountIn, uint256 fee, uint256 part) internal pure returns (uint256) {
        if (part == 0) return 0;
        unchecked {
            return (amountIn * fee) / (BPS * part);
        }
    }

    /// @dev The reserve after an input, which fits its 102 bits.
    function grown(uint256 reserve, uint256 amount) internal pure returns (uint256 sum) {
        sum = reserve + amount;
        _requireSmall(sum);
    }

    function _requireSmall(uint256 amount) private pure {
        if (amount > ReservesLib.MOST) revert ReservesLib.AmountTooLarge(amount);
    }

    /// @dev Without the compiler's check of the divisor, which is not zero.
    function _divDown(uint256 a, uint256 b) private pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := div(a, b)
        }
    }
}
