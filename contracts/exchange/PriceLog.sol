// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Binary logarithms of prices
/// @dev The mean of logarithms is the geometric mean: it serves both directions of a price from one sum, and one block at x times the
/// price moves it by the factor x^(block / window) only, up or down.
library PriceLog {
    uint256 private constant _ONE = 1 << 52;
    uint256 private constant _SQRT2 = 6369051672525772;
    uint256 private constant _LN2 = 12786308645202655659;

    // With 96 fractional bits, of log2(m) = Σ cᵢ zⁱ over odd i, z = (m − 1) / (m + 1): the least greatest error, 1.8 · 10^-10, that four terms
    // can have over the m below, found by the Remez algorithm.
    int256 private constant _C1 = 228604153601053153822260051415;
    int256 private constant _C3 = 76201706857121534307976774758;
    int256 private constant _C5 = 45681733748153138603830706583;
    int256 private constant _C7 = 34405300313448592032515031552;

    /// @dev log2(reserve1 / reserve0) with 64 fractional bits, within 10^-9; both reserves are in 1..2^102 − 1.
    function ofRatio(uint256 reserve0, uint256 reserve1) internal pure returns (int256 log) {
        unchecked {
            // The ratio lies in 2^52..2^256, so that no more than 2^-52 of it is cut off, here and in m.
            uint256 x = _div(reserve1 << 154, reserve0);
            uint256 n = Math.log2(x);
            uint256 m = x >> (n - 52);
            uint256 above = _isAbove(m, _SQRT2);
            (m, n) = (m >> above, n + above);
            // m lies in [1/√2, √2], so |z| < 0.172. Casts: every factor is below 2^98.
            int256 z = _div(int256(m - _ONE) << 96, m + _ONE);
            int256 z2 = (z * z) >> 96;
            log = _C5 + ((_C7 * z2) >> 96);
            log = _C3 + ((log * z2) >> 96);
            log = _C1 + ((log * z2) >> 96);
            log = (int256(n - 154) << 64) + ((log * z) >> 128);
        }
    }

    /// @dev 2^y with 128 fractional bits, rounded down, within 2^-63 of its value or one unit; `y` has 64 fractional bits and lies in ±102.
    function exp2(int256 y) internal pure returns (uint256 power) {
        unchecked {
            // Casts: the low 64 bits of y, and an integer part within ±102.
            uint256 x = uint256(y & ((1 << 64) - 1)) * _LN2;
            uint256 term = 1 << 128;
            for (uint256 i = 1; term > 0; ++i) {
                power += term;
                // term <= 2^128 and x < 2^128.
                term = ((term * x) >> 128) / i;
            }
            int256 whole = y >> 64;
            return whole < 0 ? power >> uint256(-whole) : power << uint256(whole);
        }
    }

    /// @dev One if `a` is above `b`, else zero, without a jump.
    function _isAbove(uint256 a, uint256 b) private pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := gt(a, b)
        }
    }

    /// @dev Without the compiler's check of the divisor, which is not zero.
    function _div(uint256 a, uint256 b) private pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := div(a, b)
        }
    }

    function _div(int256 a, uint256 b) private pure returns (int256 c) {
        assembly ("memory-safe") {
            c := sdiv(a, b)
        }
    }
}
