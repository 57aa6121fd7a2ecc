// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../types/DType.sol";

/// @notice The number rules of version 1: one rounding of the exact quotient, then the zero point, then one saturation.
library Numbers {
    int256 internal constant MAX_SHIFT = 62;

    /// @dev Clamps to the range of the dtype.
    function saturate(int256 value, uint256 dtype) internal pure returns (int256) {
        return clamp(value, DType.min(dtype), DType.max(dtype));
    }

    /// @dev min(max(value, lo), hi).
    function clamp(int256 value, int256 lo, int256 hi) internal pure returns (int256) {
        if (value < lo) value = lo;
        return value > hi ? hi : value;
    }

    /// @dev p / 2^s to the nearest integer, ties to even.
    function halfEvenShift(int256 p, uint256 s) internal pure returns (int256 quotient) {
        if (s == 0) return p;
        unchecked {
            quotient = p >> s; // rounds down
            int256 twice = (p - (quotient << s)) << 1;
            int256 divisor = int256(1 << s);
            if (twice > divisor || (twice == divisor && quotient & 1 == 1)) ++quotient;
        }
    }

    /// @dev p / q to the nearest integer, ties to even; |p|, |q| < 2^254. Panics for q = 0.
    function halfEvenDiv(int256 p, int256 q) internal pure returns (int256 quotient) {
        quotient = p / q;
        unchecked {
            int256 twice = (p - quotient * q) << 1;
            if (twice < 0) twice = -twice;
            int256 divisor = q < 0 ? -q : q;
            bool up = twice > divisor || (twice == divisor && quotient & 1 == 1);
            if (up) quotient += (p < 0) == (q < 0) ? int256(1) : -1;
        }
    }

    /// @dev sat(zp + halfEven(acc·m / 2^s)). The product is below 2^94 for |acc| < 2^63; for what no valid program holds it
    /// wraps around.
    function requantize(int256 acc, int256 m, int256 s, int256 zp, uint256 dtype) internal pure returns (int256) {
        unchecked {
            return saturate(zp + halfEvenShift(acc * m, uint256(s)), dtype);
        }
    }
}
