// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Reserves, ReservesLib} from "../types/Reserves.sol";

/// @title Amounts of a swap against x · y = k
/// @dev Reserves and amounts are below 2^112 and the fee below 10^4, so that every product here stays below 2^240.
/// INVARIANT: reserveIn · reserveOut never falls, because every rounding favours the pool.
library SwapMath {
    error AmountTooLarge(uint256 amount);
    error ReserveTooSmall(uint256 wanted, uint256 reserve);

    /// @dev One swap: `taken` of the input goes to the protocol, `left` are the reserves after it.
    struct Trade {
        uint256 amountIn;
        uint256 amountOut;
        uint256 taken;
        Reserves left;
    }

    uint256 internal constant BPS = 10_000;

    /// @dev The swap of an exact input, or for an exact output, out of the given reserves; the protocol gets one in `part` of the fee.
    /// The product of the reserves does not fall: what the protocol takes is less than the fee.
    function trade(
        Reserves reserves,
        bool zeroForOne,
        uint256 fee,
        uint256 part,
        uint256 amount,
        bool exactIn
    ) internal view returns (Trade memory t) {
        (uint256 rIn, uint256 rOut) = (reserves.reserve0(), reserves.reserve1());
        if (!zeroForOne) (rIn, rOut) = (rOut, rIn);
        if (exactIn) (t.amountIn, t.amountOut) = (amount, amountOutDown(amount, rIn, rOut, fee));
        else (t.amountIn, t.amountOut) = (amountInUp(amount, rIn, rOut, fee), amount);
        t.taken = protocolFeeDown(t.amountIn, fee, part);
        rIn = grown(rIn, t.amountIn - t.taken);
        rOut -= t.amountOut;
        if (!zeroForOne) (rIn, rOut) = (rOut, rIn);
        t.left = ReservesLib.pack(rIn, rOut, uint32(block.timestamp));
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
            return (charged * reserveOut) / (reserveIn * BPS + charged);
        }
    }

    /// @dev Least input that gives `amountOut`, rounded up.
    function amountInUp(
        uint256 amountOut,
        uint256 reserveIn,
        uint256 reserveOut,
        uint256 fee
    ) internal pure returns (uint256 amountIn) {
        require(amountOut < reserveOut, ReserveTooSmall(amountOut, reserveOut));
        unchecked {
            uint256 divisor = (reserveOut - amountOut) * (BPS - fee);
            amountIn = (reserveIn * amountOut * BPS + divisor - 1) / divisor;
        }
        _requireSmall(amountIn);
    }

    /// @dev The protocol's part of the fee on `amountIn`, one in `part`, rounded down; nothing if `part` is zero.
    function protocolFeeDown(uint256 amountIn, uint256 fee, uint256 part) internal pure returns (uint256) {
        if (part == 0) return 0;
        return (amountIn * fee) / (BPS * part);
    }

    /// @dev The reserve after an input, which fits its 112 bits.
    function grown(uint256 reserve, uint256 amount) internal pure returns (uint256 sum) {
        sum = reserve + amount;
        _requireSmall(sum);
    }

    function _requireSmall(uint256 amount) private pure {
        require(amount <= type(uint112).max, AmountTooLarge(amount));
    }
}
